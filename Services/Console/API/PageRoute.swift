import ConsoleDomain
import Contracts
import HTTPTypes
import Hummingbird
import NIOCore
import Postgres
import ServiceKit
import Trust

/// `GET /`: the page.
extension ConsoleView {
    func addPage(to router: Router<HosoRequestContext>) {
        router.get("/") { _, _ in
            let events = try await EventStore.newest(Page.shownEvents, in: kit.pool)
            let page = Page(overview: try await overview(), events: events.map(EventItem.init))
            // Only the page's own script and style run: whatever an event might bring is text.
            let nonce = try SecureRandom.bytes(16).hex
            let policy =
                "default-src 'none'; script-src 'nonce-\(nonce)'; style-src 'nonce-\(nonce)'; connect-src 'self'; "
                + "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            return Response(
                status: .ok,
                headers: [
                    .contentType: "text/html; charset=utf-8", .cacheControl: "no-store",
                    .contentSecurityPolicy: policy, .xContentTypeOptions: "nosniff", .contentLanguage: "vi, en",
                ],
                body: ResponseBody(byteBuffer: ByteBuffer(string: page.html(nonce: nonce))))
        }
    }
}
