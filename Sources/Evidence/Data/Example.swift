import Models
public import Networks

/// One example under evaluation: its number in the dataset, its place in the batch, and the seed of its draws.
public struct Example: Sendable, Equatable {
  /// The number in the dataset.
  public let index: Int
  /// The place in the batch that the model encoded last.
  public let position: Int
  /// The seed of the run.
  public let seed: UInt64

  /// An example.
  public init(index: Int, position: Int, seed: UInt64) {
    self.index = index
    self.position = position
    self.seed = seed
  }

  /// What the example's random numbers are a function of.
  public var key: DrawKey { DrawKey(seed: seed, example: UInt64(index)) }
}

/// Consecutive examples of a dataset, as the model takes them.
public struct ExampleBatch: Sendable {
  /// The numbers of the examples in the dataset.
  public let indices: Range<Int>
  /// The examples one after the other, each in row-major order.
  public let values: [Float]
  /// What is known of the examples besides, in the layout of the model, one after the other; empty where nothing is.
  public let covariates: [Float]

  /// How many examples.
  public var count: Int { indices.count }

  /// A batch; `values` holds the same number of elements for each example.
  public init(indices: Range<Int>, values: [Float], covariates: [Float] = []) {
    self.indices = indices
    self.covariates = covariates
    self.values = values
  }

  /// The elements of one example, by its place in the batch.
  public func values(at position: Int) -> ArraySlice<Float> {
    let size = values.count / max(1, count)
    return values[position * size..<(position + 1) * size]
  }
}
