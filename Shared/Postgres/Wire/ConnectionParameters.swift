import CLibPQ

/// The keywords and values with which libpq connects.
struct ConnectionParameters: Sendable {
    let values: [String: String]

    /// Reads the URL and fills in what it leaves open.
    init(_ configuration: PostgresConfiguration) throws(PostgresError) {
        var values = try Self.parse(configuration.url)
        let given = values
        func fill(_ key: String, _ value: String) {
            if values[key] == nil { values[key] = value }
        }
        let keepalives = configuration.keepalives
        fill("application_name", configuration.applicationName)
        fill("connect_timeout", "\(max(2, configuration.connectTimeout.wholeSeconds))")
        fill("keepalives", "1")
        fill("keepalives_idle", "\(max(1, keepalives.idle.wholeSeconds))")
        fill("keepalives_interval", "\(max(1, keepalives.interval.wholeSeconds))")
        fill("keepalives_count", "\(max(1, keepalives.count))")
        fill("tcp_user_timeout", "\(keepalives.userTimeout.milliseconds)")
        fill("client_encoding", "UTF8")
        // The URL's own options stand last, so they win.
        values["options"] = (Self.options(configuration) + [given["options"]].compactMap(\.self)).joined(separator: " ")
        self.values = values
    }

    private static func options(_ configuration: PostgresConfiguration) -> [String] {
        // Text forms are read as ISO; the time zone keeps them readable without a table of zones.
        var settings = [("datestyle", "ISO"), ("timezone", "UTC")]
        func add(_ name: String, _ time: Duration?) {
            if let time { settings.append((name, "\(time.milliseconds)")) }
        }
        add("statement_timeout", configuration.statementTimeout)
        add("lock_timeout", configuration.lockTimeout)
        add("idle_in_transaction_session_timeout", configuration.idleInTransactionTimeout)
        if let path = configuration.searchPath { settings.append(("search_path", path)) }
        return settings.map { "-c \($0)=\(escaped($1))" }
    }

    /// Spaces and backslashes separate options and have to be escaped.
    private static func escaped(_ value: String) -> String {
        value.reduce(into: "") { text, character in
            if character == " " || character == "\\" { text.append("\\") }
            text.append(character)
        }
    }

    private static func parse(_ url: String) throws(PostgresError) -> [String: String] {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(url, &message) else {
            // libpq's message quotes the URL, and the URL holds the password.
            PQfreemem(message)
            throw PostgresError(.configuration, "the database URL cannot be read")
        }
        defer { PQconninfoFree(options) }
        var values: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return values
    }

    /// Calls libpq with the arrays it wants: keywords and values, both closed by a null pointer.
    func withArrays<R>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>, UnsafePointer<UnsafePointer<CChar>?>) -> R
    ) -> R {
        var bytes: [CChar] = []
        var offsets: [(Int, Int)] = []
        for (key, value) in values {
            let start = bytes.count
            bytes.append(contentsOf: key.utf8CString)
            offsets.append((start, bytes.count))
            bytes.append(contentsOf: value.utf8CString)
        }
        return bytes.withUnsafeBufferPointer { buffer in
            let base = buffer.baseAddress
            let keys = offsets.map { pair in base.map { $0 + pair.0 } } + [nil]
            let texts = offsets.map { pair in base.map { $0 + pair.1 } } + [nil]
            return keys.withUnsafeBufferPointer { keys in
                texts.withUnsafeBufferPointer { texts in
                    guard let keys = keys.baseAddress, let texts = texts.baseAddress else {
                        preconditionFailure("an array with an element has an address")
                    }
                    return body(keys, texts)
                }
            }
        }
    }
}
