/// One of the readers of a partition: where it stands in which cluster, and the batch it has in hand.
struct Reader {
    struct Batch {
        let cluster: Int
        let start: Int
        let count: Int

        var next: Int { start + count }
    }

    private(set) var cluster = 0
    /// `nil`: begins at the stored position.
    private var next: Int?
    var batch: Batch?

    /// Takes a batch in hand.
    /// - Parameter stored: the position in the database, `nil` for a partition or cluster never read before.
    mutating func fetch(_ count: Int, from cluster: Int, logEnd: Int, stored: Int?) {
        guard batch == nil else { return }
        if self.cluster != cluster { begin(in: cluster) }
        let start = next ?? stored ?? 0
        guard start < logEnd else { return }
        batch = Batch(cluster: cluster, start: start, count: min(count, logEnd - start))
    }

    /// It owns the partition anew.
    mutating func begin(in cluster: Int) {
        self.cluster = cluster
        next = nil
    }

    mutating func committed() {
        if let batch { goOn(from: batch.next, after: batch) }
    }

    /// Somebody else moved the partition: it goes on from the stored position.
    mutating func refused(stored: Int?) {
        if let batch { goOn(from: stored ?? 0, after: batch) }
    }

    /// The end of a batch from another cluster moves nothing: in this one it reads with a consumer of its own.
    private mutating func goOn(from position: Int, after batch: Batch) {
        if batch.cluster == cluster { next = position }
        self.batch = nil
    }

    mutating func crash() { self = Reader() }
}
