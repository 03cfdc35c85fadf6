import Glibc
import TestStack
import Testing

@Suite("The tests' own server")
struct PrivatePostgresTests {
    @Test("it holds nothing open that the test has")
    func descriptors() async throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { close(ends[0]) }
        let server = try await PrivatePostgres.own()
        close(ends[1])
        // With nobody left to write the pipe is at its end at once.
        var readable = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
        #expect(poll(&readable, 1, 5_000) == 1)
        #expect(readable.revents & Int16(POLLHUP) != 0)
        try await server.stop()
    }
}
