import ArgumentParser
import Contracts
import Glibc
import MockBroker

/// A Kafka for one machine: librdkafka's mock cluster on a fixed port, with the topics of the suite.
///
/// It keeps everything in memory; killed and started again it is empty, under the same address and another cluster id.
@main
struct EmbeddedBroker: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "A Kafka broker for development and tests: the real protocol, everything in memory.",
        discussion: """
            Faults are ordered through the control socket, one command a line; `help` names them:
              echo 'broker down' | nc -U <state-dir>/control
            """)

    @Option(help: "The port of the first broker on 127.0.0.1; further brokers take the next ones.")
    var port: UInt16

    @Option(help: "How many brokers.")
    var brokers = 1

    @Option(help: "Where the control socket is made, under the name `control`; none without it.")
    var stateDir: String?

    func validate() throws {
        guard 1...65_000 ~= port else { throw ValidationError("--port must be 1 to 65000.") }
        guard 1...10 ~= brokers else { throw ValidationError("--brokers must be 1 to 10.") }
    }

    func run() throws {
        let endings = EndingSignals()
        for number in port..<port + UInt16(brokers) where !LoopbackPort(number: number).isFree {
            throw ValidationError("Port \(number) is in use.")
        }
        let cluster = try MockCluster(brokers: brokers, firstPort: port)
        do {
            for topic in TopicCatalogue.all { try cluster.createTopic(topic.name, partitions: topic.partitions) }
        } catch {
            beginAgain(because: error)
        }
        let control = try stateDir.map { try ControlSocket(path: $0 + "/control", desk: FaultDesk(cluster: cluster)) }
        say("ready on \(cluster.bootstrapServers), \(TopicCatalogue.all.count) topics")
        endings.wait()
        control?.remove()
        say("ended")
    }

    /// Runs this program again in the same process.
    ///
    /// A client that was waiting for the port can ask for a topic before it is created here, and the mock then makes
    /// it with another number of partitions; what has been made cannot be unmade.
    private func beginAgain(because error: any Error) -> Never {
        say("a client was faster (\(error)); beginning again")
        closefrom(3)
        execv("/proc/self/exe", CommandLine.unsafeArgv)
        Glibc.exit(1)
    }

    /// One line, written at once also when nobody sits at a terminal.
    private func say(_ line: String) {
        print(line)
        fflush(nil)
    }
}

/// SIGTERM and SIGINT, held back from every thread that is started later and waited for by one.
struct EndingSignals {
    private var set = sigset_t()

    init() {
        sigemptyset(&set)
        sigaddset(&set, SIGTERM)
        sigaddset(&set, SIGINT)
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    func wait() {
        var waited = set
        var signal: Int32 = 0
        sigwait(&waited, &signal)
    }
}
