#!/usr/bin/env python3
"""A back end for the real Codex client on this machine's loopback, and a home that points at it.

    codex_backend.py HOME_DIR PORT [chatgpt|api-key|none]

Writes HOME_DIR/auth.json (made-up tokens, or a made-up API key, or nothing) and config.toml, prints
the port (0 chooses one) and serves GET .../wham/usage until its parent is gone. The answer is what
HOME_DIR/control.json says at that moment:

    {"status": 200, "hang": false, "renews": false,
     "primary": [PERCENT, MINUTES, END], "secondary": [PERCENT, MINUTES, END]}

With `renews` a refreshed token makes the status 200. One line a request goes to
HOME_DIR/requests.log.
"""

import base64
import http.server
import json
import os
import sys
import threading
import time

home, port = sys.argv[1], int(sys.argv[2])
sign_in = sys.argv[3] if len(sys.argv) > 3 else "chatgpt"
renewed = threading.Event()


def token(life):
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    about = {
        "chatgpt_plan_type": "plus",
        "chatgpt_user_id": "user-EXAMPLE",
        "chatgpt_account_id": "account-EXAMPLE",
    }
    claims = {
        "email": "dev@example.com",
        "exp": int(time.time()) + life,
        "https://api.openai.com/auth": about,
    }
    return ".".join([part({"alg": "none", "typ": "JWT"}), part(claims), "signature"])


def write_home(port):
    os.makedirs(home, exist_ok=True)
    auth = {"auth_mode": "chatgpt", "OPENAI_API_KEY": None}
    if sign_in == "api-key":
        auth = {"auth_mode": "apikey", "OPENAI_API_KEY": "sk-EXAMPLE"}
    else:
        auth["tokens"] = {
            "id_token": token(864000),
            "access_token": token(864000),
            "refresh_token": "refresh-EXAMPLE",
            "account_id": "account-EXAMPLE",
        }
        auth["last_refresh"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    if sign_in != "none":
        with open(os.path.join(home, "auth.json"), "w") as file:
            json.dump(auth, file)
    with open(os.path.join(home, "config.toml"), "w") as file:
        file.write(f'chatgpt_base_url = "http://127.0.0.1:{port}/backend-api/"\n')


def control():
    try:
        with open(os.path.join(home, "control.json")) as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def window(numbers):
    percent, minutes, end = numbers
    return {
        "used_percent": percent,
        "limit_window_seconds": minutes * 60,
        "reset_after_seconds": max(0, end - int(time.time())),
        "reset_at": end,
    }


def usage(plan):
    now = int(time.time())
    return {
        "user_id": "user-EXAMPLE",
        "account_id": "account-EXAMPLE",
        "email": "dev@example.com",
        "plan_type": "plus",
        "rate_limit": {
            "allowed": True,
            "limit_reached": False,
            "primary_window": window(plan.get("primary", [42, 300, now + 3600])),
            "secondary_window": window(plan.get("secondary", [13, 10080, now + 86400])),
        },
        "credits": {"has_credits": False, "unlimited": False, "balance": None},
    }


class Handler(http.server.BaseHTTPRequestHandler):
    def log_request_line(self):
        with open(os.path.join(home, "requests.log"), "a") as file:
            file.write(f"{self.command} {self.path}\n")

    def answer(self, status, body, kind="application/json"):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.log_request_line()
        if not self.path.endswith("/wham/usage"):
            return self.answer(404, b"{}")
        plan = control()
        if plan.get("hang"):
            threading.Event().wait()
        status = plan.get("status", 200)
        if plan.get("renews") and renewed.is_set():
            status = 200
        if status == 200:
            return self.answer(200, json.dumps(usage(plan)).encode())
        if status == 403:
            return self.answer(403, b"<html>Just a moment...</html>", "text/html")
        self.answer(status, b'{"error":{"message":"dev@example.com may not"}}')

    def do_POST(self):
        self.log_request_line()
        if not self.path.endswith("/oauth/token"):
            return self.answer(404, b"{}")
        if not control().get("renews"):
            return self.answer(401, b'{"error":{"code":"refresh_token_expired"}}')
        renewed.set()
        fresh = {"id_token": token(864000), "access_token": token(864001), "refresh_token": "r-EXAMPLE"}
        self.answer(200, json.dumps(fresh).encode())

    def log_message(self, *arguments):
        pass


def die_with(parent):
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(0)


threading.Thread(target=die_with, args=(os.getppid(),), daemon=True).start()
server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
server.daemon_threads = True
write_home(server.server_port)
print(server.server_port, flush=True)
server.serve_forever()
