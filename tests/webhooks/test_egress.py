"""Where requests may not go: awkward spellings, special addresses, names that stand for something inside."""

import pytest

from compensation_service.webhooks.egress import Refused, Target, may_connect, read, resolve
from webhooks.awkward import INSIDE


def test_the_matrix_is_no_smaller_than_it_was():
    assert len(set(INSIDE)) == len(INSIDE) >= 52


@pytest.mark.parametrize("url", INSIDE)
def test_an_awkward_url_is_refused(url):
    with pytest.raises(Refused):
        read(url)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://hooks.example.com", Target(secure=True, host="hooks.example.com", port=443, path="/")),
        (
            "https://Hooks.Example.COM:443/a/b?c=d",
            Target(secure=True, host="hooks.example.com", port=443, path="/a/b?c=d"),
        ),
        ("https://xn--80ak6aa92e.com/", Target(secure=True, host="xn--80ak6aa92e.com", port=443, path="/")),
        ("https://93.184.215.14/x", Target(secure=True, host="93.184.215.14", port=443, path="/x")),
        ("https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/", None),
    ],
)
def test_a_public_url_is_taken_apart(url, target):
    assert target in (read(url), None)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "168.63.129.16",
        "169.254.1.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:8.8.8.8",
        "::ffff:127.0.0.1",
        "64:ff9b::808:808",
        "64:ff9b:1::a00:1",
        "100::1",
        "2001::1",
        "2001:1::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "nonsense",
    ],
)
def test_an_address_that_is_not_public_is_refused(address):
    assert not may_connect(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "8.8.8.8", "93.184.215.14", "100.128.0.1", "172.32.0.1", "2606:4700::1111", "2a00:1450::1"]
)
def test_a_public_address_is_not(address):
    assert may_connect(address)


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (["127.0.0.1"], "address_refused"),
        (["93.184.215.14", "127.0.0.1"], "address_refused"),
        (["93.184.215.14", "::1"], "address_refused"),
        (["169.254.169.254"], "address_refused"),
        ([], "unresolvable"),
    ],
)
def test_every_address_of_a_name_must_pass(found, code):
    with pytest.raises(Refused) as refused:
        resolve(read("https://hooks.example.com/"), lambda *_: found)
    assert refused.value.code == code


def test_a_name_that_stands_for_nothing_is_refused():
    def nothing(*_):
        raise OSError

    with pytest.raises(Refused, match="cannot be found"):
        resolve(read("https://hooks.example.com/"), nothing)


def test_a_name_is_looked_up_once():
    asked = []

    def resolver(host, port):
        asked.append((host, port))
        return ["93.184.215.14", "93.184.215.14", "1.1.1.1"]

    assert resolve(read("https://hooks.example.com/"), resolver) == ["93.184.215.14", "1.1.1.1"]
    assert asked == [("hooks.example.com", 443)]


def test_development_opens_the_loopback_and_nothing_else():
    for url in ("http://localhost:8080/x", "http://127.0.0.1:1/", "https://[::1]:2/", "http://hooks.example.com/"):
        read(url, allow_local=True)
    for url in ("http://10.0.0.1/", "http://169.254.169.254/", "http://2130706433/", "ftp://localhost/"):
        with pytest.raises(Refused):
            read(url, allow_local=True)
    assert read("http://localhost:8080/x", allow_local=True).authority == "localhost:8080"
    assert read("https://[::1]:2/", allow_local=True).authority == "[::1]:2"
