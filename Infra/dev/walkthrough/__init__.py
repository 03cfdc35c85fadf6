"""The two threads through the suite, driven over HTTP exactly as members, officers and a payment gateway drive them."""
