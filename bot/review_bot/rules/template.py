"""What `rules new` writes."""

TEMPLATE = """\
# A rule file of review-bot. Run its examples with: review-bot rules test THIS_FILE
# Use it by naming this file, or its folder, in .review-bot.toml:  rule-paths = ["THIS_FILE"]
# docs/rules.md explains every key.
schema = 1

[[rule]]
id = "team.no-sleep-in-request"       # dotted, unique, stable: people name it in suppressions
category = "performance"              # one of the closed list in docs/rules.md
severity = "warning"                  # error | warning | info
confidence = "medium"                 # high (right in 19 of 20 cases) | medium | low (never shown alone)
languages = ["python"]                # or ["*"]
message = "time.sleep({A}) holds up the whole worker"       # {A} = text of the metavariable $A
why = "A sleeping worker serves nobody; wait for the event itself, or hand the work to a queue."
keywords = ["sleep"]                  # any of these must stand in the added text, else the rule is not tried
where = { scope = "added", paths = ["**"], exclude = [], tests = "skip" }   # tests: run | skip | lower
pattern = "time.sleep($A)"            # or regex = '''...''', [rule.ast], [rule.entropy], [rule.taint], [rule.delta]
references = []
# cwe = [400]
# fix = { template = "await asyncio.sleep({A})", safety = "suggest" }   # safe: applied by --fix

[[rule.test]]                         # every rule has at least one bad and one ok example
bad = '''
import time

def view(request):
    time.sleep(5)
'''
lines = [4]

[[rule.test]]
ok = '''
import asyncio

async def view(request):
    await asyncio.sleep(5)
'''
"""
