import CKernels

/// A worker's memory: the batch it encoded last, and room for one chunk of draws. Sized once.
public final class Workspace {
  /// Examples that a batch may hold.
  public let batchCapacity: Int
  /// Draws that are computed at once.
  public let drawCapacity: Int

  var arena: Arena
  /// The batch's examples, one after the other.
  let examples: AlignedBuffer
  /// How many examples the batch holds.
  var batchCount = 0
  /// For each layer whose posterior depends on x alone, its parameters for the batch: rows × batch lanes.
  var posteriors: [[Lanes]]
  /// The same for one example, contiguous.
  var current: [[AlignedBuffer]]
  var currentPosition = -1
  /// The part of log p(x | z) that depends on x alone, for that example.
  var baseMeasure = 0.0
  /// One sum a lane.
  let totals: UnsafeMutablePointer<Double>
  /// One log-density for each component of a mixture prior and each lane.
  let componentDensities: UnsafeMutablePointer<Double>
  private let owned: [AlignedBuffer]

  init(_ network: Network, batchCapacity: Int, drawCapacity: Int) {
    self.batchCapacity = batchCapacity
    self.drawCapacity = drawCapacity
    let batchLanes = paddedLanes(batchCapacity)
    let drawLanes = paddedLanes(drawCapacity)
    arena = Arena(
      capacity: max(network.encodingRows * batchLanes, network.drawingRows * drawLanes))
    examples = AlignedBuffer(count: network.inputCount * batchCapacity)
    var owned: [AlignedBuffer] = []
    posteriors = []
    current = []
    for (encoder, isAmortized) in zip(network.encoders, network.isAmortized) {
      let rows = isAmortized ? encoder.parameters.indices.map { encoder.rows(ofParameter: $0) } : []
      current.append(rows.map { AlignedBuffer(count: $0) })
      posteriors.append(
        rows.map { rows in
          let buffer = AlignedBuffer(count: rows * batchLanes)
          owned.append(buffer)
          return Lanes(data: buffer.pointer, rows: rows, lanes: batchLanes)
        })
    }
    self.owned = owned
    var components = 0
    if case .mixture(let logWeights, _) = network.prior { components = logWeights.count }
    totals = .allocate(capacity: drawLanes)
    totals.initialize(repeating: 0, count: drawLanes)
    componentDensities = .allocate(capacity: max(1, components * drawLanes))
    componentDensities.initialize(repeating: 0, count: max(1, components * drawLanes))
  }

  deinit {
    totals.deallocate()
    componentDensities.deallocate()
  }
}

extension Network {
  /// Rows of arena for encoding a batch.
  var encodingRows: Int {
    inputCount + (zip(encoders, isAmortized).filter(\.1).map(\.0.arenaRows).max() ?? 0)
  }

  /// Rows of arena for one chunk of draws.
  var drawingRows: Int {
    var rows = inputCount  // x for every lane, where a posterior is given x and a latent
    for encoder in encoders {
      rows += 2 * encoder.size + givenRows(encoder.given) + encoder.arenaRows
    }
    for decoder in decoders {
      rows +=
        decoder.size + givenRows(decoder.given) + decoder.arenaRows
        + decoder.parameters.count * max(Self.blockElements, 8 * decoder.components)
    }
    return rows + latentCounts.reduce(0, +)
  }

  private func givenRows(_ given: [Int]) -> Int {
    given.count == 1 ? 0 : given.reduce(0) { $0 + ($1 == 0 ? inputCount : latentCounts[$1 - 1]) }
  }

  /// Draws in a chunk: as many as keep two consecutive layers inside a core's second-level cache.
  public var preferredDraws: Int {
    let widest = (decoders + encoders).map(\.widestLayer).max() ?? 1
    let cacheFloats = 128 * 1024
    let lanes = cacheFloats / max(1, widest) / 48 * 48
    return min(96, max(48, lanes))
  }

  /// A worker's memory for batches of up to `examples` examples and chunks of up to `draws` draws.
  public func makeWorkspace(examples: Int, draws: Int? = nil) -> Workspace {
    Workspace(
      self, batchCapacity: examples, drawCapacity: max(1, min(draws ?? preferredDraws, preferredDraws)))
  }
}

extension CompiledConditional {
  /// Rows of the widest two consecutive steps.
  fileprivate var widestLayer: Int {
    var widest = trunk.inputRows
    var previous = trunk.inputRows
    for program in [trunk] + parameters.compactMap(\.program) {
      for case .dense(let step) in program.steps {
        widest = max(widest, previous + step.outputs * step.positions)
        previous = step.outputs * step.positions
      }
    }
    return widest
  }
}
