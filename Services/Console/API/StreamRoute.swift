import ConsoleDomain
import Contracts
import HTTPTypes
import Hummingbird
import NIOCore
import Postgres
import ServiceKit
import ServiceLifecycle

/// `GET /v1/events/stream`: new events as they come, as server-sent events.
///
/// The `id` of each is its number; a client that comes back with `Last-Event-ID` first gets what it missed.
extension ConsoleView {
    func addStream(to router: Router<HosoRequestContext>) {
        router.get("/v1/events/stream") { request, _ in
            let last = request.headers[Self.lastEventID].flatMap { Int64($0) }
            // Watching begins before what was missed is read: nothing falls in between, and numbers tell repeats.
            guard let notices = hub.watch() else { throw Problem.overloaded }
            var missed: [SeenEvent] = []
            if let last { missed = try await EventStore.newest(EventTail.window, after: last, in: kit.pool).reversed() }
            return Response(
                status: .ok,
                headers: [
                    .contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store",
                    // A proxy that gathers would hold the events back.
                    Self.accelBuffering: "no",
                ],
                body: Self.body(missed: missed, notices: notices))
        }
    }

    private static func body(missed: [SeenEvent], notices: AsyncStream<EventHub.Notice>) -> ResponseBody {
        ResponseBody { writer in
            try await writer.write(ByteBuffer(string: "retry: 2000\n\n"))
            for event in missed { try await writer.write(try frame(event)) }
            let known = Set(missed.map(\.number))
            // A line that stays open must not keep the process from ending.
            for await notice in notices.cancelOnGracefulShutdown() {
                switch notice {
                case .event(let event): if !known.contains(event.number) { try await writer.write(try frame(event)) }
                case .beat: try await writer.write(ByteBuffer(string: ": beat\n\n"))
                }
            }
            try await writer.finish(nil)
        }
    }

    /// One event as the protocol writes it.
    static func frame(_ event: SeenEvent) throws -> ByteBuffer {
        let data = try ContractsJSON.encode(EventItem(event))
        var buffer = ByteBuffer(string: "id: \(event.number)\ndata: ")
        buffer.writeBytes(data)
        buffer.writeString("\n\n")
        return buffer
    }

    private static let lastEventID = HTTPField.Name("Last-Event-ID") ?? .via
    private static let accelBuffering = HTTPField.Name("X-Accel-Buffering") ?? .via
}
