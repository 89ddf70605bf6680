import Models
import Networks

/// What a worker owns: the model's memory, and room for one chunk of log-weights. Made once.
public struct Scratch<Model: LatentVariableModel> {
  /// The model's own memory.
  public var model: Model.Scratch
  private let chunk: UnsafeMutableBufferPointer<Double>
  private let owner: ChunkOwner
  let cancellation: Cancellation

  /// Scratch for batches of up to `examples` examples.
  public init(_ model: Model, examples: Int, cancellation: Cancellation = Cancellation()) {
    self.model = model.makeScratch(examples: examples)
    owner = ChunkOwner(count: model.drawsAtOnce)
    chunk = owner.buffer
    self.cancellation = cancellation
  }

  /// Which numbers a pass over draws yields.
  public enum Terms: Sendable {
    /// log p(x, z) − log q(z | x).
    case logWeights
    /// The same with closed-form divergences: see `LatentVariableModel.evidenceTerms`.
    case evidence
  }

  /// Hands the log-weights of draws 0 ..< samples of an example to `body`, in order, a chunk at a time.
  ///
  /// Nothing may depend on where the chunks begin and end.
  ///
  /// - Throws: `CancellationError` between chunks once the evaluation is cancelled, and what the model or `body` throws.
  public mutating func forEachChunk(
    of example: Example, under network: Model, samples: Int, terms: Terms = .logWeights,
    _ body: (Span<Double>) throws -> Void
  ) throws {
    var first = 0
    while first < samples {
      try cancellation.check()
      let draws = first..<min(first + network.drawsAtOnce, samples)
      switch terms {
      case .logWeights: try network.logWeights(of: example, draws: draws, scratch: &model, into: chunk)
      case .evidence: try network.evidenceTerms(of: example, draws: draws, scratch: &model, into: chunk)
      }
      try body(UnsafeBufferPointer(rebasing: chunk[..<draws.count]).span)
      first = draws.upperBound
    }
  }

  private final class ChunkOwner {
    let buffer: UnsafeMutableBufferPointer<Double>

    init(count: Int) {
      buffer = .allocate(capacity: count)
      buffer.initialize(repeating: 0)
    }

    deinit { buffer.deallocate() }
  }
}
