"""The page that asks for the password: one self-contained document, for nothing else is served before the
login."""

from html import escape

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>InfMasking Studio: log in</title>
<style>
  :root {{ color-scheme: light dark; --ink: #13262b; --paper: #ffffff; --line: #d3dcde;
    --accent: #0b6074; --on: #ffffff;
          --bad: #b3261e; }}
  @media (prefers-color-scheme: dark) {{
    :root {{ --ink: #e6eeef; --paper: #101819; --line: #334347;
      --accent: #56b6cb; --on: #101819; --bad: #f0857d; }}
  }}
  body {{ margin: 0; min-height: 100vh; display: grid; place-items: center;
    background: var(--paper); color: var(--ink);
         font: 16px/1.5 system-ui, sans-serif; }}
  form {{ width: min(20rem, 86vw); display: grid; gap: .75rem; }}
  h1 {{ font: 600 1.6rem/1.2 Georgia, serif; margin: 0 0 .5rem; }}
  input, button {{ font: inherit; padding: .55rem .75rem; border-radius: 6px;
    border: 1px solid var(--line); }}
  input {{ background: transparent; color: inherit; }}
  button {{ background: var(--accent); border-color: var(--accent); color: var(--on);
    font-weight: 600; cursor: pointer; }}
  p {{ margin: 0; color: var(--bad); min-height: 1.5em; }}
</style>
<form method="post">
  <h1>InfMasking Studio</h1>
{fields}
</form>
</html>
"""
_ENTERING = """  <label for="password">Password</label>
  <input id="password" name="password" type="password" autocomplete="current-password" autofocus required>
  <button>Log in</button>
  <p role="alert">{message}</p>"""
_LEAVING = """  <button>Log out</button>
  <a href="{base}">Back to the dashboard</a>"""


def login_form(message: str = "") -> str:
    """The document, with a line under the button."""
    return _PAGE.format(fields=_ENTERING.format(message=escape(message)))


def log_out_form(base: str) -> str:
    """The same document with a button that logs out, and the way back. base: the dashboard's path."""
    return _PAGE.format(fields=_LEAVING.format(base=escape(base)))
