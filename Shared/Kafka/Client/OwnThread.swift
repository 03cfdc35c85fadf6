import CRdKafka
import Glibc

/// Threads for calls that block, so that the cooperative pool never does.
enum OwnThread {
    /// Starts a detached thread that runs the body and ends.
    ///
    /// - Returns: false when the system gives no more threads.
    @discardableResult
    static func start(_ name: String, _ body: @escaping @Sendable () -> Void) -> Bool {
        let work = Work(name: name, body: body)
        // The thread takes this reference over and releases it when it starts.
        let reference = Unmanaged.passRetained(work)
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, 512 << 10)
        defer { pthread_attr_destroy(&attributes) }
        var thread = pthread_t()
        let result = pthread_create(&thread, &attributes, runWork, reference.toOpaque())
        if result != 0 { reference.release() }
        return result == 0
    }

    /// Runs a blocking call on a thread of its own and waits for it without blocking the caller's.
    static func call<R: Sendable>(
        _ name: String, _ body: @escaping @Sendable () throws(KafkaError) -> R
    ) async throws(KafkaError) -> R {
        let result: Result<R, KafkaError> = await withCheckedContinuation { continuation in
            let started = start(name) {
                do throws(KafkaError) {
                    continuation.resume(returning: .success(try body()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
            if !started {
                continuation.resume(
                    returning: .failure(KafkaError(.usage, "the system gives no more threads", isRetriable: true)))
            }
        }
        return try result.get()
    }
}

private final class Work: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}

private func runWork(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    let work = Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
    // Linux keeps 15 characters of a thread's name.
    pthread_setname_np(pthread_self(), String(work.name.prefix(15)))
    work.body()
    return nil
}
