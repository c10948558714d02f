# A web server for challenge responses only: PORT DIRECTORY.
import http.server, os, sys

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

http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
