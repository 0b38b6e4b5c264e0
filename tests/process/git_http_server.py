"""Serves the repositories below a directory over HTTP by git-http-backend(1), for the tests of clones.

Usage: git_http_server.py DIRECTORY     prints its port on 127.0.0.1 as its first line

    /open/NAME         anybody
    /private/NAME      user `me`, password `s3cret-word`
    /status/N/...      answers N
    /page/...          answers 200 with HTML
    /hang/...          takes the request and never answers
    /moved/NAME        redirects to /open/NAME
"""

import base64
import http.server
import os
import subprocess
import sys
import threading

ROOT = os.path.abspath(sys.argv[1])
CREDENTIALS = base64.b64encode(b"me:s3cret-word").decode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def plain(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def serve(self):
        path, _, query = self.path.partition("?")
        _, kind, rest = path.split("/", 2)
        body = self.body()
        if kind == "status":
            return self.plain(int(rest.split("/")[0]))
        if kind == "page":
            return self.plain(200, b"<html>", [("Content-Type", "text/html")])
        if kind == "hang":
            threading.Event().wait()
        if kind == "moved":
            return self.plain(302, headers=[("Location", "/open/" + rest + "?" + query)])
        if kind == "private" and self.headers.get("Authorization") != "Basic " + CREDENTIALS:
            return self.plain(401, headers=[("WWW-Authenticate", 'Basic realm="tests"')])
        answer = subprocess.run(
            ["git", "http-backend"], input=body, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False,
            env={**os.environ, "GIT_PROJECT_ROOT": ROOT, "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": "/" + rest,
                 "QUERY_STRING": query, "REQUEST_METHOD": self.command, "REMOTE_ADDR": "127.0.0.1",
                 "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)),
                 "GIT_PROTOCOL": self.headers.get("Git-Protocol", "")}).stdout
        head, _, content = answer.partition(b"\r\n\r\n")
        fields = [line.split(": ", 1) for line in head.decode().split("\r\n")]
        status = next((int(value.split()[0]) for name, value in fields if name == "Status"), 200)
        self.plain(status, content, [(name, value) for name, value in fields if name != "Status"])

    do_GET = serve
    do_POST = serve


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
