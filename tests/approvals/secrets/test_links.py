"""Links: one host for every program, or none at all."""

import random
from urllib.parse import urlsplit

import pytest
from ada_url import URL

from approvals.rules import links
from approvals.rules.rendering.addresses import read_address

#: Addresses in which urllib and the WHATWG standard find different hosts, or one of them finds none.
DISPUTED = [
    "https://a.example\\@b.example/", "https://a.example\\.b.example/", "https:a.example/", "https:/a.example/",
    "https:///a.example/", "https:\\\\a.example/", "https://a%2eexample/", "https://%61.example/", "https://ａ.example/",
    "https://a。example/", "https://a.example%00.b.example/", "https://a\t.example/", "https://a.exam\nple/",
    " https://a.example/", "https://a.example /", "https://a.example:44３/", "https://0x7f.1/", "https://0177.0.0.1/",
    "https://2130706433/", "https://1.2.3/", "https://127.1/", "https://[::ffff:1.2.3.4]/", "https://a.example./",
    "https://bücher.example/", "https://faß.example/", "https://a\u00ad.example/", "https://a\u200d.example/",
    "https://%E2%84%AA.example/", "https://\u212a.example/", "https://a.example:443x/", "https://a@b@c.example/",
    "https://a.example;@b.example/", "https://a.example:b@c.example/", "https://@a.example/", "https://:@a.example/",
    "https://a.example:0443/", "https://a..example/", "https://.a.example/", "https://a.1/", "https://a.0x1/",
]  # fmt: skip
REFUSED = [
    "http://a.example/", "javascript:alert(1)", "data:text/html,x", "ftp://a.example/", "//a.example/", "a.example", "",
    "https://", "https://user@a.example/", "https://user:pw@a.example/", "https://a.example:8443/", "https://10.0.0.1/",
    "https://[::1]/", "https://a_b.example/", "https://xn--a-.example/x y", "https://a.example/" + "x" * 2048,
    "https://a.example/" + "é" * 1100, "https://xn--pple-43d.example/", "https://xn--.example/", "https://xn--abc-.example/",
]  # fmt: skip
SIGNS = ["a", "B", ".", "..", "example", "xn--", "@", ":", "/", "\\", "?", "#", "%2e", "%00", "1", "0x", "[", "]", "-",
         "_", "443", ":443", "\u3002", "\t", " ", "é", "ſ", ";", "&", "\u200b", "test"]  # fmt: skip
GOOD = [
    "https://a.example", "https://a.example/", "https://a.example?x=1", "https://a.example#x", "https://a.example:443/x",
    "https://A.Example/Path", "https://a-b.c.example/@user", "https://a.example/?next=https://b.example/@x",
    "https://xn--bcher-kva.example/", "https://a.example/%40?q=%5C", "https://login.a.example/o?state=ab.cd&client_id=x",
]  # fmt: skip


@pytest.mark.parametrize("url", [*DISPUTED, *REFUSED])
def test_an_address_that_programs_may_read_differently_is_refused_in_a_sentence(url):
    with pytest.raises(ValueError, match=r"\.$"):
        links.host(url)


@pytest.mark.parametrize("url", GOOD)
def test_a_plain_address_has_one_host(url):
    assert links.host(url) == URL(url).hostname == urlsplit(url).hostname


def test_the_disputed_ones_are_disputed():
    """The corpus earns its name: the two parsers say different things of most of it."""

    def found(read, url):
        try:
            return read(url)
        except ValueError:
            return None

    both = [(found(lambda u: URL(u).hostname, url), found(lambda u: urlsplit(u).hostname, url)) for url in DISPUTED]
    assert sum(standard != library for standard, library in both) >= 20


def test_whatever_is_put_together_programs_agree_about_what_is_let_through():
    draw, passed = random.Random(5), 0
    for _ in range(6000):
        url = "https://" + "".join(draw.choices(SIGNS, k=draw.randint(1, 7)))
        try:
            host = links.host(url)
        except ValueError:
            continue
        passed += 1
        assert host == URL(url).hostname == urlsplit(url).hostname
        assert not URL(url).username and not URL(url).port
    assert passed > 50


@pytest.mark.parametrize(
    "rest",
    [
        "?access_token=ab", "?x=1&api_key=ab", "#id_token=ab", "?a;password=x", "?Client-Secret=x", "#/x?token=ab",
        "?access%5Ftoken=ab", "?%61ccess_token=ab", "?access_token%3Dab", "?user[password]=ab", "/;jsessionid=ab",
        "?next=https%3A%2F%2Fb.example%2F%3Faccess_token%3Dab", "?n=https%253A%252F%252Fb%253Ftoken%253Dab",
        "?X-Amz-Credential=a&X-Amz-Signature=ab", "?x-api-key=ab",
    ],
)  # fmt: skip
def test_a_link_that_hands_over_a_credential_is_known(rest):
    assert links.carries(f"https://a.example/{rest}")


@pytest.mark.parametrize(
    "rest",
    [
        "?client_id=x&scope=token", "?token=", "/token", "?code_challenge=x", "?pass", "?q=100%25", "?state=a%3Db",
        "?page.token_type=x",
    ],
)  # fmt: skip
def test_other_links_hand_over_nothing(rest):
    assert not links.carries(f"https://a.example/{rest}")


@pytest.mark.parametrize("url", DISPUTED)
def test_no_domain_is_drawn_out_of_a_disputed_address(url):
    address = read_address(url)
    assert not address.domain or address.host == URL(url).hostname
