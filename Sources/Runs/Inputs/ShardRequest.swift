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
}

/// What one process evaluates of a run, and where its rows go.
struct RunPart {
  /// The examples of this process.
  let examples: Range<Int>
  /// Those of all shards; nil where there are none.
  let whole: Range<Int>?
  /// Where rows go; the name of a shard's file carries its examples.
  let results: ResultsRequest?

  /// All of a range, or a shard of it, which is said to the host.
  ///
  /// - Parameter count: Examples that there are, for the names of files.
  /// - Throws: `RunError` where no launcher says which part, and where there are too few examples for so many.
  init(
    _ request: ShardRequest?, of range: Range<Int>, count: Int, results: ResultsRequest?, host: any RunHost
  ) throws {
    guard let request else {
      (examples, whole, self.results) = (range, nil, results)
      return
    }
    let (shard, source) = try request.choice.resolved(in: request.environment)
    var part = try shard.part(of: range)
    if let balance = request.balance {
      part = try ExampleCosts(reading: balance).parts(of: range, count: shard.count)[shard.index]
    }
    var results = results
    if let path = results?.path { results?.path = Shard.path(path, range: part, of: count) }
    host.say(.shard(shard, source: source, examples: part, output: results?.path))
    (examples, whole, self.results) = (part, range, results)
  }
}
