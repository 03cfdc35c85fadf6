@_exported public import MockBroker

extension MockCluster {
    /// A cluster with these topics and partition counts.
    public static func start(brokers: Int = 1, topics: [String: Int]) throws(MockClusterError) -> MockCluster {
        let cluster = try MockCluster(brokers: brokers)
        for (name, partitions) in topics.sorted(by: { $0.key < $1.key }) {
            try cluster.createTopic(name, partitions: partitions)
        }
        return cluster
    }
}
