import ConsoleDomain
import Contracts
import Foundation

/// The one page of the console, drawn by the server so that it also reads without a script.
struct Page {
    /// How many events the page shows.
    static let shownEvents = 40

    let overview: Overview
    let events: [EventItem]

    func html(nonce: String) -> String {
        let page: HTML = """
            <!doctype html>
            <html lang="vi">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light">
            <title>Theo dõi hệ thống · Console</title>
            <link rel="icon" href="data:,">
            <style nonce="\(nonce)">\(raw: Self.style)</style>
            </head>
            <body>
            <header>
              <div class="inner">
                <h1>Theo dõi hệ thống <span lang="en">Console</span></h1>
                <p id="summary" class="\(summary.state.rawValue)" role="status"><strong>\(summary.text.vietnamese)</strong> <span lang="en">\(summary.text.english)</span></p>
              </div>
            </header>
            <main class="inner">
              <section aria-labelledby="services-title">
                <h2 id="services-title">Dịch vụ <span lang="en">Services</span></h2>
                <ul id="services">\(overview.services.map(Self.card))</ul>
              </section>
              <div class="columns">
                <section aria-labelledby="events-title">
                  <h2 id="events-title">Sự kiện gần đây <span lang="en">Latest events</span> <em id="live" hidden>● trực tiếp <span lang="en">live</span></em></h2>
                  <p id="empty"\(raw: events.isEmpty ? "" : " hidden")>Chưa có sự kiện nào. <span lang="en">No events yet.</span></p>
                  <ol id="events">\(events.map(Self.line))</ol>
                </section>
                <section aria-labelledby="topics-title">
                  <h2 id="topics-title">Số sự kiện theo chủ đề <span lang="en">Events by topic</span></h2>
                  <table>
                    <thead><tr><th scope="col">Chủ đề <span lang="en">Topic</span></th><th scope="col" class="number">Số lượng <span lang="en">Count</span></th></tr></thead>
                    <tbody id="topics">\(overview.topics.map(row))</tbody>
                  </table>
                </section>
              </div>
            </main>
            <footer class="inner">
              <p>Trang này không chứa dữ liệu cá nhân. Giờ Việt Nam. <span lang="en">No personal data on this page. Times are those of Vietnam.</span></p>
              <p><a href="/v1/overview">/v1/overview</a> · <a href="/v1/events">/v1/events</a> · <a href="/v1/events/stream">/v1/events/stream</a></p>
            </footer>
            <script nonce="\(nonce)">\(raw: Self.script)</script>
            </body>
            </html>
            """
        return page.text
    }

    /// The whole in one sentence.
    private var summary: (state: ServiceStanding.State, text: LocalizedText) {
        let count = overview.services.count
        let ready = overview.services.count { $0.state == .ready }
        let state: ServiceStanding.State =
            ready == count ? .ready : overview.services.contains { $0.state == .unreachable } ? .unreachable : .degraded
        return (
            state,
            LocalizedText(
                vietnamese: "\(ready)/\(count) dịch vụ sẵn sàng", english: "\(ready) of \(count) services ready")
        )
    }

    private static func card(_ service: Overview.Service) -> HTML {
        """
        <li class="\(service.state.rawValue)" data-service="\(service.service.rawValue)">
          <b>\(service.name.vietnamese)</b> <span lang="en">\(service.name.english)</span>
          <p class="state"><i aria-hidden="true"></i>\(service.stateName.vietnamese) <span lang="en">\(service.stateName.english)</span></p>
          <p class="why">\(service.reasons.joined(separator: " · "))</p>
        </li>
        """
    }

    private static func line(_ item: EventItem) -> HTML {
        let event = item.event
        return """
            <li data-number="\(event.number)">
              <time datetime="\(RFC3339.text(of: event.time))">\(clock(event.time))</time>
              <div><b>\(item.name.vietnamese)</b> <span lang="en">\(item.name.english)</span>
              <code>\(event.type)</code></div>
              <div class="origin">\(item.serviceName?.vietnamese ?? "") <code title="\(event.key.description)">…\(String(event.key.description.suffix(8))) #\(event.sequence)</code></div>
            </li>
            """
    }

    private func row(_ topic: Overview.Topic) -> HTML {
        let most = overview.topics.map(\.count).max() ?? 0
        return """
            <tr data-topic="\(topic.topic)"><th scope="row"><b>\(topic.name.vietnamese)</b> <span lang="en">\(topic.name.english)</span><code>\(topic.topic)</code></th>
            <td class="number"><span>\(Self.grouped(topic.count))</span><meter min="0" max="\(max(most, 1))" value="\(topic.count)" aria-hidden="true"></meter></td></tr>
            """
    }

    /// The time of day in Vietnam.
    static func clock(_ moment: Date) -> String {
        let seconds = Int(moment.timeIntervalSince(Day(containing: moment).start))
        return [seconds / 3_600, seconds / 60 % 60, seconds % 60]
            .map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
    }

    /// The number in groups of three, with points between them as Vietnamese writes it.
    static func grouped(_ number: Int64) -> String {
        let digits = Array(String(number))
        return String(
            digits.enumerated().flatMap { index, digit in
                index > 0 && (digits.count - index) % 3 == 0 ? [".", digit] : [digit]
            })
    }

    private static let style = String(decoding: PackageResources.page_css, as: UTF8.self)
    private static let script = String(decoding: PackageResources.page_js, as: UTF8.self)
}
