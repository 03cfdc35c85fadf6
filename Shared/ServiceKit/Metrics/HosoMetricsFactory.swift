public import CoreMetrics
import Synchronization

/// The backend of swift-metrics for the whole suite.
public struct HosoMetricsFactory: MetricsFactory {
    private let registry: MetricsRegistry
    private static let isDone = Mutex(false)

    /// Puts every metric into the registry.
    public init(registry: MetricsRegistry) { self.registry = registry }

    /// Makes the process's metrics go to the shared registry; a second call changes nothing.
    public static func start() {
        let isFirst = isDone.withLock { done in
            defer { done = true }
            return !done
        }
        guard isFirst else { return }
        MetricsSystem.bootstrap(HosoMetricsFactory(registry: .shared))
        ProcessMetrics.install(in: .shared)
    }

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        registry.counter(label, dimensions)
    }

    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler { registry.counter(label, dimensions) }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        registry.gauge(label, dimensions)
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if aggregate { registry.histogram(label, dimensions) } else { registry.gauge(label, dimensions) }
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        registry.histogram(label, dimensions, unit: "seconds")
    }

    // Series live as long as the process: a counter that vanished and came back would look like a restart.
    public func destroyCounter(_ handler: any CounterHandler) {}
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    public func destroyMeter(_ handler: any MeterHandler) { (handler as? GaugeSeries)?.clear() }
    public func destroyRecorder(_ handler: any RecorderHandler) { (handler as? GaugeSeries)?.clear() }
    public func destroyTimer(_ handler: any TimerHandler) {}
}
