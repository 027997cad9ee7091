"""The service: polls Studio, keeps the data with its age, and sends commands. Has no UI."""
