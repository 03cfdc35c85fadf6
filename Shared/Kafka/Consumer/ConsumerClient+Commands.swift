import CRdKafka
import Logging

// All of this runs on the polling thread.
extension ConsumerClient {
    func perform(
        _ command: ConsumerCommand, _ client: OpaquePointer, _ agenda: inout PollAgenda, now: ContinuousClock.Instant
    ) {
        switch command {
        case .assign(let starts):
            hurryAll(&agenda, now: now)
            assign(starts, client)
        case .unassign(let partitions):
            unassign(partitions, client)
            hurryAll(&agenda, now: now)
        case .seek(let stream, let start, let continuation):
            continuation.resume(returning: seek(stream, start, client))
        case .pause(let partitions): pause(partitions, client)
        case .resume(let partitions): resume(partitions, client)
        case .hurry(let stream): agenda.hurry(stream, now: now)
        }
    }

    /// While partitions move, librdkafka pauses those that stay and drops what it had read ahead of them.
    private func hurryAll(_ agenda: inout PollAgenda, now: ContinuousClock.Instant) {
        for stream in state.withLock({ Array($0.streams.values) }) { agenda.hurry(stream, now: now) }
    }

    /// Answers an assignment: first the partitions' own queues, then the fetching.
    private func assign(_ starts: [Rebalancing.Start], _ client: OpaquePointer) {
        var streams: [PartitionStream] = []
        for start in starts {
            guard
                let reader = PartitionReader(
                    start.partition, limits, topic: names.here(start.partition).topic, client: client,
                    clientID: handle.clientID)
            else {
                for stream in streams { stream.reader.stop() }
                events.yield(.failed(KafkaError(.usage, "no queue for \(start.partition)")))
                return
            }
            streams.append(PartitionStream(id: start.id, reader, start: start.offset, client: self))
        }
        let refusal = withPartitionList(starts.map { ($0.partition, $0.offset.raw) }) { list in
            KafkaError(consuming: rd_kafka_incremental_assign(client, list))
        }
        if let refusal {
            for stream in streams { stream.reader.stop() }
            events.yield(.failed(refusal))
            return
        }
        notices.answered()
        state.withLock { state in
            for stream in streams { state.streams[stream.place] = stream }
        }
        events.yield(.started(streams))
    }

    /// Answers a revocation. Handlers have ended or were left behind; theirs can take no further record.
    private func unassign(_ partitions: [TopicPartition], _ client: OpaquePointer) {
        commitReports(client)
        resume(partitions, client)
        let streams = state.withLock { state in
            for partition in partitions { state.reports[partition] = nil }
            return partitions.compactMap { state.streams.removeValue(forKey: $0) }
        }
        for stream in streams { stream.finish() }
        let refusal = withPartitionList(partitions) { list in
            KafkaError(consuming: rd_kafka_incremental_unassign(client, list))
        }
        notices.answered()
        // After unassigning, when what is left in the queues is outdated and freed by a last look.
        for stream in streams { stream.reader.stop() }
        if let refusal {
            logger.error("giving partitions up was refused", metadata: [LogKey.error: "\(refusal)"])
            events.yield(.failed(refusal))
        }
    }

    private func seek(_ stream: PartitionStream, _ start: StartOffset, _ client: OpaquePointer) -> KafkaError? {
        guard isAssigned(stream) else { return nil }
        return withPartitionList([(stream.place, start.raw)]) { list in
            if let refusal = KafkaError(consuming: rd_kafka_seek_partitions(client, list, 5_000)) { return refusal }
            return list.firstError.map { KafkaError(KafkaError.Code($0), "seeking \(stream.place) failed") }
        }
    }

    /// Seeks to where the reader stands already, which is what wakes librdkafka's fetching: having found the queue
    /// full, it would not look again for up to a second. A reader that got something meanwhile needs nothing.
    func fetchNow(_ stream: PartitionStream, _ client: OpaquePointer) {
        guard stream.reader.wakeup.hasWaiter, isAssigned(stream), let position = stream.position else { return }
        withPartitionList([(stream.place, position)]) { list in
            if let refusal = KafkaError(consuming: rd_kafka_seek_partitions(client, list, 0)) {
                logger.debug("fetching is not hurried", metadata: [LogKey.error: "\(refusal)"])
            }
        }
    }

    private func isAssigned(_ stream: PartitionStream) -> Bool {
        state.withLock { $0.streams[stream.place] === stream }
    }

    private func pause(_ partitions: [TopicPartition], _ client: OpaquePointer) {
        let fresh = state.withLock { state in
            let fresh = partitions.filter { state.streams[$0] != nil && !state.paused.contains($0) }
            state.paused.formUnion(fresh)
            return fresh
        }
        guard !fresh.isEmpty else { return }
        _ = withPartitionList(fresh) { rd_kafka_pause_partitions(client, $0) }
    }

    /// Only what was paused: resuming anything else makes librdkafka fetch again from where it once started.
    private func resume(_ partitions: [TopicPartition], _ client: OpaquePointer) {
        let paused = state.withLock { state in
            let paused = partitions.filter { state.paused.contains($0) }
            state.paused.subtract(paused)
            return paused
        }
        guard !paused.isEmpty else { return }
        _ = withPartitionList(paused) { rd_kafka_resume_partitions(client, $0) }
        for partition in paused {
            if let stream = state.withLock({ $0.streams[partition] }) { fetchNow(stream, client) }
        }
    }

    func commitReports(_ client: OpaquePointer) {
        let reports = state.withLock { state in
            defer { state.reports = [:] }
            return state.reports.filter { state.streams[$0.key] != nil }
        }
        guard !reports.isEmpty else { return }
        // Asynchronous, and nobody waits for it: the positions that count are kept elsewhere.
        _ = withPartitionList(reports.map { ($0.key, $0.value) }) { rd_kafka_commit(client, $0, 1) }
    }
}
