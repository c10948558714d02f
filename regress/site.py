# Fetches a site by TLS, again and again, until told to stop, though a dozen
# times on the busiest machine; prints how often that worked, and what came
# instead.  Arguments: the port, what the site says.
import signal, socket, ssl, sys, time

port, text = int(sys.argv[1]), sys.argv[2].encode()
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
context.set_alpn_protocols(["http/1.1"])
stopped, good, bad = [], 0, []
signal.signal(signal.SIGTERM, lambda *_: stopped.append(1))
while not stopped or good + len(bad) < 12:
    try:
        plain = socket.create_connection(("127.0.0.1", port), 60)
        with context.wrap_socket(plain, server_hostname="example.com") as c:
            c.sendall(b"GET / HTTP/1.0\r\nHost: example.com\r\n\r\n")
            got = b""
            while (d := c.recv(4096)): got += d
        if text in got: good += 1
        else: bad.append(got[:100])
    except OSError as e: bad.append(e)
    time.sleep(0.02)
print(good, len(bad), *bad[:1])
