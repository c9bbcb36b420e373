"""Stands between a client and a validator, and lies.

Usage: lying_node.py TARGET PORT_FILE. Serves on a free port of loopback, written to PORT_FILE, until standard input or the
process ends. Paths begin with the lie: /honest, /lost-answer (submissions arrive, answers do not), /claims-final
(submissions do not arrive, and are said to be final), /same-answer (every question gets the first answer), /same-proof (every
request for a transaction's or an event's proof gets the first proof).
"""

import json
import os
import sys
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

target, port_file = sys.argv[1:]
first_answer = []
first_proof = []


class Node(BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_GET(self):
        self.serve(None)

    def do_POST(self):
        self.serve(self.rfile.read(int(self.headers["Content-Length"])))

    def serve(self, body):
        _, lie, path = self.path.split("/", 2)
        path = "/" + path
        isSubmission = body is not None and path.startswith("/v1/transactions")
        if lie == "claims-final" and (isSubmission or path.startswith("/v1/transactions/") and not path.endswith("/proof")):
            answer = {"id": "00" * 32, "status": "final", "height": 1, "index": 0, "code": "OK"}
            return self.answer(200, "application/json", json.dumps(answer).encode())
        status, kind, content = self.forward(path, body)
        if lie == "lost-answer" and isSubmission:
            return self.answer(502, "text/html", b"<h1>Bad Gateway</h1>")
        if lie == "same-answer" and path.startswith("/v1/query"):
            first_answer.append(content)
            content = first_answer[0]
        if lie == "same-proof" and path.partition("?")[0].endswith("/proof"):
            first_proof.append((status, kind, content))
            status, kind, content = first_proof[0]
        self.answer(status, kind, content)

    def forward(self, path, body):
        headers = {"Content-Type": self.headers["Content-Type"]} if body is not None else {}
        request = urllib.request.Request(target + path, data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return response.status, response.headers["Content-Type"], response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers["Content-Type"], error.read()

    def answer(self, status, kind, content):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


server = ThreadingHTTPServer(("127.0.0.1", 0), Node)
with open(port_file + ".new", "w", encoding="ascii") as file:
    file.write(str(server.server_port))
os.rename(port_file + ".new", port_file)
server.serve_forever()
