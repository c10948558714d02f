"""Servers for 'verify': python3 verify.py PORT HOW [CERT KEY [NEWCERT NEWKEY]]

tls: TLS with this certificate; later: with the other one after three seconds;
smtp: after STARTTLS; ahead: with bytes behind its reply; none: no STARTTLS;
hang: says nothing; flood: lines without end; line: one line without end;
garbage: no TLS.
"""
import socket, ssl, sys, threading, time

port, how = int(sys.argv[1]), sys.argv[2]
files = sys.argv[3:]
began = time.time()

def wrap(c):
    late = how == "later" and time.time() - began > 3
    x = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    x.load_cert_chain(*(files[2:4] if late else files[0:2]))
    x.wrap_socket(c, server_side=True).close()

def serve(c):
    try:
        if how in ("tls", "later"): wrap(c)
        elif how in ("smtp", "ahead", "none"):
            f = c.makefile("rb")
            offered = b"" if how == "none" else b"250-STARTTLS\r\n"
            ahead = b"250 more\r\n" if how == "ahead" else b""
            c.sendall(b"220-a\r\n220 b\r\n")
            assert f.readline().startswith(b"EHLO ")
            c.sendall(b"250-a\r\n" + offered + b"250 SIZE\r\n")
            assert f.readline() == b"STARTTLS\r\n"
            c.sendall(b"220 go\r\n" + ahead)
            wrap(c)
        elif how == "hang": time.sleep(60)
        elif how == "flood":
            while True: c.sendall(b"220-x\r\n" * 100)
        elif how == "line":
            while True: c.sendall(b"2" * 1000)
        elif how == "garbage":
            c.sendall(bytes(range(256)) * 200); c.recv(1000)
    except (OSError, AssertionError): pass
    c.close()

s = socket.create_server(("127.0.0.1", port))
while True:
    c, _ = s.accept()
    threading.Thread(target=serve, args=(c,), daemon=True).start()
