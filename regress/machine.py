# One web server of a fleet: ADDRESS THUMBPRINT CHAIN KEY.  On port 80 it
# responds to http-01 by the account's thumbprint; on port 443 it presents what
# CHAIN and KEY have at that time.
import http.server, socketserver, ssl, sys, threading

address, thumbprint, chain, key = sys.argv[1:]
PREFIX = "/.well-known/acme-challenge/"

class Plain(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if not self.path.startswith(PREFIX): return self.send_error(404)
        body = (self.path[len(PREFIX):] + "." + thumbprint).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *a): pass

class Secure(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.settimeout(5)
        c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            c.load_cert_chain(chain, key)
            with c.wrap_socket(self.request, server_side=True) as s: s.recv(1)
        except OSError: pass

class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    request_queue_size = 64

plain = Server((address, 80), Plain)
threading.Thread(target=plain.serve_forever, daemon=True).start()
Server((address, 443), Secure).serve_forever()
