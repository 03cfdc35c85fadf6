import MockBroker

/// What the control socket can be told, as read from one line.
enum FaultCommand {
    case help
    case topics
    case failNext(MockCluster.Request, [Int32])
    case clearFailures(MockCluster.Request)
    case topicError(String, Int32)
    case stopBroker(Int)
    case startBroker(Int)
    case roundTrip(milliseconds: Int, broker: Int)
    case leader(topic: String, partition: Int32, broker: Int?)
    case coordinator(group: String, broker: Int)

    static let manual = """
        topics                                    the topics and their partitions
        request-errors <request> <error>...       the next requests of that kind fail so, one each
        clear-errors <request>                    forgets those not used up
        topic-error <topic> <error>|none          every use of the topic fails so
        broker down|up [<broker>]                 closes a broker, opens it again with all it had
        rtt <milliseconds> [<broker>]             answers take so much longer
        leader <topic> <partition> <broker>|none  moves a partition's leader
        coordinator <group> <broker>              moves a group's coordinator
        Brokers are numbered from 1. <request>: \(requests.keys.sorted().joined(separator: ", ")).
        <error>: a number of the protocol, or \(errors.keys.sorted().joined(separator: ", ")).
        """

    /// Reads one line.
    ///
    /// - Throws: `Unreadable`, which says what was expected.
    init(_ line: String) throws(Unreadable) {
        let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
        let arguments = Array(words.dropFirst())
        switch (words.first ?? "", arguments.count) {
        case ("help", 0): self = .help
        case ("topics", 0): self = .topics
        case ("request-errors", 2...):
            var codes: [Int32] = []
            for word in arguments.dropFirst() { codes.append(try Self.error(word)) }
            self = .failNext(try Self.request(arguments[0]), codes)
        case ("clear-errors", 1): self = .clearFailures(try Self.request(arguments[0]))
        case ("topic-error", 2): self = .topicError(arguments[0], try Self.error(arguments[1]))
        case ("broker", 1...2) where arguments[0] == "down": self = .stopBroker(try Self.broker(arguments, at: 1))
        case ("broker", 1...2) where arguments[0] == "up": self = .startBroker(try Self.broker(arguments, at: 1))
        case ("rtt", 1...2):
            self = .roundTrip(
                milliseconds: try Self.number(arguments[0], in: 0...600_000), broker: try Self.broker(arguments, at: 1))
        case ("leader", 3):
            self = .leader(
                topic: arguments[0], partition: Int32(try Self.number(arguments[1], in: 0...100_000)),
                broker: arguments[2] == "none" ? nil : try Self.broker(arguments, at: 2))
        case ("coordinator", 2): self = .coordinator(group: arguments[0], broker: try Self.broker(arguments, at: 1))
        default: throw Unreadable(expected: "a command as `help` shows them")
        }
    }

    /// A line that is no command.
    struct Unreadable: Error {
        let expected: String
    }

    private static let requests: [String: MockCluster.Request] = [
        "produce": .produce, "fetch": .fetch, "list-offsets": .listOffsets, "metadata": .metadata,
        "offset-commit": .offsetCommit, "offset-fetch": .offsetFetch, "find-coordinator": .findCoordinator,
        "join-group": .joinGroup, "heartbeat": .heartbeat, "leave-group": .leaveGroup, "sync-group": .syncGroup,
        "init-producer-id": .initProducerID,
    ]

    /// The protocol's error codes that faults are made of.
    private static let errors: [String: Int32] = [
        "none": 0, "close": -195, "offset-out-of-range": 1, "unknown-topic": 3, "not-leader": 6, "timed-out": 7,
        "message-too-large": 10, "coordinator-loading": 14, "not-coordinator": 16, "not-enough-replicas": 19,
        "illegal-generation": 22, "unknown-member": 25, "rebalancing": 27, "topic-forbidden": 29,
        "out-of-order-sequence": 45, "duplicate-sequence": 46, "producer-fenced": 47,
    ]

    private static func request(_ word: String) throws(Unreadable) -> MockCluster.Request {
        if let known = requests[word] ?? Int16(word).flatMap(MockCluster.Request.init(rawValue:)) { return known }
        throw Unreadable(expected: "a kind of request, not \(word)")
    }

    private static func error(_ word: String) throws(Unreadable) -> Int32 {
        if let code = errors[word] ?? Int32(word) { return code }
        throw Unreadable(expected: "an error, not \(word)")
    }

    private static func broker(_ words: [String], at index: Int) throws(Unreadable) -> Int {
        index < words.count ? try number(words[index], in: 1...10) : 1
    }

    private static func number(_ word: String, in range: ClosedRange<Int>) throws(Unreadable) -> Int {
        if let number = Int(word), range.contains(number) { return number }
        throw Unreadable(expected: "a number from \(range.lowerBound) to \(range.upperBound), not \(word)")
    }
}
