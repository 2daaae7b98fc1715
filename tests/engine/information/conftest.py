"""Counts that tests record as the property "counts" are printed when all have run."""


def pytest_terminal_summary(terminalreporter):
    reports = [*terminalreporter.stats.get("passed", []), *terminalreporter.stats.get("failed", [])]
    lines = [text for one in reports for key, text in getattr(one, "user_properties", ()) if key == "counts"]
    if lines:
        terminalreporter.section("promises counted")
        for line in lines:
            terminalreporter.write_line(line)
