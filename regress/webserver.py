# A web server on loopback for challenge responses only: PORT DIRECTORY.
import http.server, os, socket, sys, threading

PREFIX = "/.well-known/acme-challenge/"

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path[len(PREFIX):]
        if not self.path.startswith(PREFIX) or "/" in name:
            return self.send_error(404)
        try:
            with open(os.path.join(sys.argv[2], name), "rb") as f:
                body = f.read()
        except OSError:
            return self.send_error(404)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 256  # a CA asks for 100 names at once

class Server6(Server):
    address_family = socket.AF_INET6

try:
    server6 = Server6(("::1", int(sys.argv[1])), Handler)
    threading.Thread(target=server6.serve_forever, daemon=True).start()
except OSError:
    pass  # no IPv6 on this machine
Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
