import Testing

@testable import Postgres

@Suite("Cache of prepared statements")
struct StatementCacheTests {
    private func key(_ text: String, _ types: [UInt32] = []) -> StatementCache<String>.Key {
        StatementCache<String>.Key(text: text, types: types)
    }

    @Test("the least recently used one leaves")
    func evicts() {
        var cache = StatementCache<String>(capacity: 2)
        #expect(cache.insert("A", for: key("a")) == nil)
        #expect(cache.insert("B", for: key("b")) == nil)
        #expect(cache.use(key("a")) == "A")
        #expect(cache.insert("C", for: key("c")) == "B")
        #expect(cache.use(key("b")) == nil)
        #expect(cache.use(key("a")) == "A")
        #expect(cache.count == 2)
    }

    @Test("other parameter types make another statement")
    func types() {
        var cache = StatementCache<String>(capacity: 4)
        _ = cache.insert("int", for: key("a", [20]))
        _ = cache.insert("text", for: key("a", [25]))
        #expect(cache.use(key("a", [20])) == "int")
        #expect(cache.use(key("a", [25])) == "text")
    }

    @Test("a statement prepared again gives the old one back")
    func replaces() {
        var cache = StatementCache<String>(capacity: 2)
        _ = cache.insert("old", for: key("a"))
        #expect(cache.insert("new", for: key("a")) == "old")
        #expect(cache.remove(key("a")) == "new")
        #expect(cache.count == 0)
    }
}
