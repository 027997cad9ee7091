"""The activity: requests that were sent to Studio, and commands that were not sent."""
