#!/usr/bin/env python3
"""Takes over what acme.sh has: accounts, and each certificate with its
configuration."""
import base64, re, sys
sys.dont_write_bytecode = True
import common

def read_conf(tree, path):
    """Its variables; those that acme.sh keeps in base64, decoded."""
    values = common.assignments(tree.text(path))
    for name, value in values.items():
        m = re.fullmatch(r"__ACME_BASE64__START_(.*)__ACME_BASE64__END_",
            value if isinstance(value, str) else "", re.S)
        try: values[name] = base64.b64decode(m.group(1)).decode() if m else (
            value if isinstance(value, str) else "")
        except ValueError: values[name] = ""
    return values

def account_of(tree, url, known):
    """One object for each authority: acme.sh has one account of it."""
    if url not in known:
        common.check_url(url)
        host = common.host_of(url).split(":")[0]
        path = "/".join(url.split("/")[3:]).rstrip("/")
        # Those of before 2020 are in no directory of the path.
        place = next((p for p in ("ca/%s/%s" % (host, path), "ca/" + host)
            if tree.has(p + "/account.key")), None)
        if place is None:
            raise common.Refused("no account of %s" % common.visible(url))
        contact = ""
        if tree.has(place + "/ca.conf"):
            contact = read_conf(tree, place + "/ca.conf").get("CA_EMAIL", "")
        key = common.Key(tree.read(place + "/account.key"), "the account's key")
        known[url] = common.Account(url, key, contact)
    return known[url]

def read_domain(tree, place, name, known):
    conf = read_conf(tree, "%s/%s.conf" % (place, name))
    account = account_of(tree, conf.get("Le_API") or
        common.options.url or "", known)
    base = "%s/%s" % (place, name)
    d = common.Domain(place, account,
        common.domain_key(tree, base + ".key"),
        common.chain(tree.read(place + "/fullchain.cer"), "its certificate"),
        conf.get("Le_RealFullChainPath") or
        "%s/%s/fullchain.cer" % (tree.path, place))
    d.rotate = conf.get("Le_ForceNewDomainKey") == "1"
    if conf.get("Le_Preferred_Chain"):
        d.statements.append("preferred chain " +
            common.word(conf["Le_Preferred_Chain"]))
    challenge(tree, d, conf)
    for name in "Le_RealKeyPath", "Le_RealCertPath", "Le_RealCACertPath":
        if conf.get(name): d.say("a copy at %s" % common.visible(conf[name]))
    d.command("a command after a renewal", conf.get("Le_ReloadCmd"))
    d.command("a command after a renewal (--renew-hook)",
        conf.get("Le_RenewHook"))
    d.command("a command before each run", conf.get("Le_PreHook"))
    d.command("a command after each run", conf.get("Le_PostHook"))
    if conf.get("Le_DeployHook"):
        d.say("deploy hook %s" % common.visible(conf["Le_DeployHook"]))
    return d

def challenge(tree, d, conf):
    """One way for each name, where the last one counts for the others, too."""
    ways = [w for w in conf.get("Le_Webroot", "").split(",") if w]
    how = ways[0] if ways else ""
    if len(set(ways)) > 1:
        d.unknown("its names are validated in %d ways, and a section has one "
            "challenge: %s" % (len(set(ways)), common.visible(" ".join(ways))))
    elif how == "no":
        d.listen(conf.get("Le_HTTPPort") or "80",
            conf.get("Le_LocalAddress", "").split(",")[0])
    elif how == "alpn":
        d.listen(conf.get("Le_TLSPort") or "443",
            conf.get("Le_LocalAddress", "").split(",")[0], alpn=True)
    elif how == "stateless":
        d.statements.append("stateless")
    elif re.fullmatch(r"dns_[a-z0-9_]+", how) and how != "dns_persist":
        d.dns("acme.sh", "records are published by acme.sh's own script",
            ["home=%s" % common.visible(tree.path), "api=%s" % how])
    elif how.startswith("/"):
        d.webroot(how)
    else:
        d.unknown("acme.sh validated its names by %s" %
            common.visible(how or "no known way"))
    if conf.get("Le_ChallengeAlias") or conf.get("Le_DomainAlias"):
        d.say("an alias (%s): the record of each name must be a CNAME, which "
            "the hook follows" % common.visible(conf.get("Le_ChallengeAlias") or
            conf["Le_DomainAlias"]))

def take(plan, source):
    tree, known = common.Tree(source), {}
    for place in tree.names():
        name = re.sub(r"_ecc$", "", place)
        if tree.has("%s/%s.conf" % (place, name)):
            plan.domain(place, lambda: read_domain(tree, place, name, known))
    if tree.has("account.conf"):
        conf = read_conf(tree, "account.conf")
        saved = [n for n in conf if n.startswith("SAVED_")]
        if saved:
            plan.note("what scripts for DNS need (%s) stays in %s/account.conf"
                ", where the hook acme.sh has them find it" %
                (" ".join(saved), common.visible(tree.path)))
        if conf.get("CERT_HOME"):
            plan.note("certificates in %s (CERT_HOME): run this for it, too" %
                common.visible(conf["CERT_HOME"]))

common.run("acme.sh", ["~/.acme.sh", "/root/.acme.sh", "/etc/acme.sh"], take)
