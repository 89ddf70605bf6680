import Models
import Networks

/// Where stored examples come from: a dataset in a file, or an array.
public protocol ExampleSource: Sendable {
  /// How many examples.
  var count: Int { get }
  /// The shape of one.
  var exampleShape: [Int] { get }
  /// Reads consecutive examples, as stored, one after the other.
  func read(_ rows: Range<Int>, into values: UnsafeMutableBufferPointer<Float>) throws
  /// The same as exactly as a double holds them, where `read` rounds what is stored; nil where it doesn't.
  func readUnrounded(_ rows: Range<Int>) throws -> [Double]?
}

extension ExampleSource {
  /// Nothing is rounded.
  public func readUnrounded(_ rows: Range<Int>) throws -> [Double]? { nil }
}

/// A test set: stored examples, and what happens to each before the model sees it.
public struct Dataset: Sendable {
  /// The stored examples.
  public let source: any ExampleSource
  /// What happens to them.
  public let preprocessing: Preprocessing
  /// Who asked for it.
  public let preparation: Preparation
  /// What is known of the examples besides, where a model is given any.
  public internal(set) var covariates: ExampleCovariates?

  /// A dataset whose examples are prepared in just this way, whatever a model file says: see
  /// `init(file:dataset:for:choosing:)` for the data of a model.
  public init(_ source: any ExampleSource, preprocessing: Preprocessing = Preprocessing()) {
    self.init(source, preprocessing: preprocessing, preparation: Preparation())
  }

  init(_ source: any ExampleSource, preprocessing: Preprocessing, preparation: Preparation) {
    self.source = source
    self.preprocessing = preprocessing
    self.preparation = preparation
  }

  /// A dataset out of an array: `count` examples, one after the other, and what is known of them.
  public init(
    _ values: [Float], count: Int, covariates: ExampleCovariates? = nil, preprocessing: Preprocessing = Preprocessing()
  ) {
    self.init(ArraySource(values: values, count: count), preprocessing: preprocessing)
    self.covariates = covariates
  }

  /// How many examples.
  public var count: Int { source.count }
  /// Elements of one example; `Int.max` for a shape whose product is larger than that.
  public var elementCount: Int { source.exampleShape.elementCount() ?? .max }

  /// Reads and prepares consecutive examples. Random preprocessing is keyed by seed and example, not by what is read with
  /// it.
  public func batch(_ rows: Range<Int>, seed: UInt64 = 0) throws -> ExampleBatch {
    let size = elementCount
    var failure: (any Error)?
    var values = [Float](unsafeUninitializedCapacity: rows.count * size) { buffer, initialized in
      buffer.initialize(repeating: 0)
      do { try source.read(rows, into: buffer) } catch { failure = error }
      initialized = rows.count * size
    }
    if let failure { throw failure }
    preprocessing.apply(to: &values, indices: rows, seed: seed)
    return ExampleBatch(
      indices: rows, values: values, covariates: try covariates?.read(rows, values: values) ?? [])
  }
}

/// Examples in memory.
struct ArraySource: ExampleSource {
  let values: [Float]
  let count: Int
  var exampleShape: [Int] { [count == 0 ? 0 : values.count / count] }

  func read(_ rows: Range<Int>, into target: UnsafeMutableBufferPointer<Float>) throws {
    let size = count == 0 ? 0 : values.count / count
    for index in 0..<rows.count * size { target[index] = values[rows.lowerBound * size + index] }
  }
}
