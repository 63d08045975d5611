"""A time stamp authority on the loopback: stock openssl ts behind HTTP, and servers that do not behave.
usage: tsa.py CONFIGURATION PORT-FILE [CERTIFICATE KEY]    with a certificate: HTTPS
The path says what it does: / stamps; /type /big /moved /error /junk /slow /other do what they are called."""
import http.server, os, ssl, subprocess, sys, tempfile, time


class Authority(http.server.BaseHTTPRequestHandler):
    def answer(self, body, status=200, kind="application/timestamp-reply", **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            pass

    def stamp(self, query):
        with tempfile.NamedTemporaryFile() as file:
            file.write(query)
            file.flush()
            return subprocess.run(["openssl", "ts", "-reply", "-config", sys.argv[1], "-queryfile", file.name],
                                  capture_output=True).stdout

    def do_POST(self):
        query = self.rfile.read(int(self.headers["Content-Length"]))
        asked = {"Content-Type": "application/timestamp-query", "User-Agent": "kanshiki"}
        if any(self.headers[name] != value for name, value in asked.items()) or "Expect" in self.headers:
            self.answer(b"", 400)
        elif self.path == "/type":
            self.answer(b"<html>sign in</html>", kind="text/html; charset=utf-8")
        elif self.path == "/big":
            self.answer(bytes(1 << 20))
        elif self.path == "/moved":
            self.answer(b"", 302, Location="http://127.0.0.1:1/\x1b[31m")
        elif self.path == "/error":
            self.answer(b"", 503)
        elif self.path == "/junk":
            self.answer(b"junk")
        elif self.path == "/slow":
            time.sleep(4)
        elif self.path == "/other":  # the answer to another request: its nonce differs
            with open(os.environ["OTHER"], "rb") as other:
                self.answer(self.stamp(other.read()))
        else:
            self.answer(self.stamp(query))

    def log_message(self, *unused):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Authority)
server.daemon_threads = True
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[4])
    server.socket = context.wrap_socket(server.socket, server_side=True)
with open(sys.argv[2] + ".new", "w") as file:
    file.write(str(server.server_address[1]))
os.rename(sys.argv[2] + ".new", sys.argv[2])
server.serve_forever()
