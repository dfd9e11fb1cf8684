"""Where a review is shown beside the terminal: a pull request on GitHub, the page of a workflow run."""
