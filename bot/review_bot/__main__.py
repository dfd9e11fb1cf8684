"""`python -m review_bot`."""

from review_bot.cli.main import run

if __name__ == "__main__":
    run()
