# An HTTP proxy that misbehaves on demand: PORT DIRECTORY.  DIRECTORY/mode says
# how, DIRECTORY/log has the head of each request that came, in JSON.  Whatever
# host it is asked for is at 127.0.0.1.
import base64, json, select, socket, socketserver, sys, time

where = sys.argv[2]

def mode():
    with open(where + "/mode") as f: return f.read().strip()

def connect(port):
    return socket.create_connection(("127.0.0.1", int(port)))
def relay(a, b):
    while True:
        for s in select.select([a, b], [], [], 30)[0] or [None]:
            data = s.recv(65536) if s else b""
            if not data: return
            (b if s is a else a).sendall(data)

class Handler(socketserver.BaseRequestHandler):
    def head(self):
        data = b""
        while b"\r\n\r\n" not in data:
            # What comes behind the head is for the host.
            more = self.request.recv(1)
            if not more: return None
            data += more
        return data.decode("latin-1")
    def handle(self):
        try: self.serve()
        except OSError: pass
    def serve(self):
        how, head = mode(), self.head()
        if head is None: return
        with open(where + "/log", "a") as f: f.write(json.dumps(head) + "\n")
        def send(text):
            data = text if isinstance(text, bytes) else text.encode()
            self.request.sendall(data)
        method, target, _ = head.split("\r\n", 1)[0].split(" ")
        fields = dict(l.split(": ", 1) for l in head.split("\r\n")[1:] if l)
        if how.startswith("auth "):
            expected = base64.b64encode(how[5:].encode()).decode()
            if fields.get("Proxy-Authorization") != "Basic " + expected:
                return send("HTTP/1.1 407 Proxy Authentication Required\r\n"
                    'Proxy-Authenticate: Basic realm="x"\r\n'
                    "Content-Length: 5\r\n\r\nnope\n")
        if how.startswith("status "):
            return send("HTTP/1.1 %s x\r\nContent-Length: 40000\r\n\r\n" %
                how[7:] + "\x1b[2J" * 10000)
        if how == "hang": return time.sleep(60)
        if how == "close": return
        if how == "garbage": return send("SSH-2.0-OpenSSH\r\n")
        if how == "controls":
            return send("HTTP/1.1 407 x\r\nProxy-Authenticate: \x1b[2J\r\n\r\n")
        if how == "NUL": return send(b"\x16\x03\x01\x00\x05\x02\n\n")
        if how == "endless":
            send("HTTP/1.1 200 OK\r\n")
            for i in range(1, 10**6): send("X-%d: y\r\n" % i)
            return
        if how == "long line":
            return send("HTTP/1.1 200 OK\r\nX: " + "a" * 10**6)
        if how == "interim":
            for _ in range(10**5): send("HTTP/1.1 103 Early Hints\r\n\r\n")
            return
        if how == "slow":
            for c in "HTTP/1.1 200 OK\r\n" + "X: y\r\n" * 100:
                time.sleep(0.2)
                send(c)
        if how == "behind":
            return send("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")
        if how == "cut": return send("HTTP/1.1 200 OK\r\nX: ")
        if method != "CONNECT":
            # The absolute form.
            host, _, path = target[len("http://"):].partition("/")
            up = connect(host.rpartition(":")[2])
            request = "%s /%s HTTP/1.0\r\nHost: %s\r\n\r\n"
            up.sendall((request % (method, path, host)).encode())
            while data := up.recv(65536): send(data)
            return
        up = connect(target.rpartition(":")[2])
        if how == "by itself":
            # The server behind the proxy is not the CA.
            with open(where + "/other") as f: up = connect(f.read())
        if how == "1.0": send("HTTP/1.0 200 Connection established\n\n")
        elif how == "fields":
            send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n"
                "Transfer-Encoding: chunked\r\nVia: x\r\n\r\n")
        elif how == "201": send("HTTP/1.1 201 Created\r\n\r\n")
        else: send("HTTP/1.1 200 Connection established\r\n\r\n")
        relay(self.request, up)

class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads = True, True

Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
