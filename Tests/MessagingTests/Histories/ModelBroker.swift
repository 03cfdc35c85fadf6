/// Logs of one partition, one for each cluster that ever stood at the address.
struct ModelBroker<Record> {
    private(set) var cluster = 1
    private var logs: [Int: [Record]] = [:]

    var log: [Record] { log(of: cluster) }

    func log(of cluster: Int) -> [Record] { logs[cluster] ?? [] }

    mutating func append(_ record: Record) { logs[cluster, default: []].append(record) }

    mutating func replace() { cluster = (logs.keys.max() ?? cluster) + 1 }

    mutating func returnToEarlier() { cluster = max(1, cluster - 1) }
}
