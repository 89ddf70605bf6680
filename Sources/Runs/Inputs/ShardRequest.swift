import Evidence

/// A part of the examples, as it is asked for.
package struct ShardRequest: Sendable {
  /// Which part.
  package var choice: ShardChoice
  /// The variables that launchers set.
  package var environment: [String: String]
  /// Results whose times say how to cut; nil for parts of as many examples.
  package var balance: String?

  package init(_ choice: ShardChoice, environment: [String: String] = [:], balance: String? = nil) {
    self.choice = choice
    self.environment = environment
    self.balance = balance
  }

  /// The part of a range, which is said to the host.
  ///
  /// - Parameters:
  ///   - range: The examples of all parts.
  ///   - count: Examples that there are, for the names of files.
  ///   - results: Where rows go; the part's name carries its range.
  /// - Throws: `RunError` where no launcher says which part, and where there are too few examples for so many.
  func part(
    of range: Range<Int>, count: Int, results: inout ResultsRequest?, host: any RunHost
  ) throws -> Range<Int> {
    let (shard, source) = try choice.resolved(in: environment)
    var part = try shard.part(of: range)
    if let balance { part = try ExampleCosts(reading: balance).parts(of: range, count: shard.count)[shard.index] }
    if let path = results?.path { results?.path = Shard.path(path, range: part, of: count) }
    host.say(.shard(shard, source: source, examples: part, output: results?.path))
    return part
  }
}
