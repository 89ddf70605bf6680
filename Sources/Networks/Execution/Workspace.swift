import CKernels
import Models

/// A worker's memory: the batch it encoded last, and room for one chunk of draws. Sized once.
public final class Workspace {
  /// Examples that a batch may hold.
  public let batchCapacity: Int
  /// Draws that are computed at once.
  public let drawCapacity: Int
  /// Examples that are encoded at once.
  let encodingLanes: Int

  var arena: Arena
  /// The same for gradients; made when the first is asked for.
  var gradientArena = Arena(capacity: 0)
  /// The batch's examples, one after the other.
  let examples: AlignedBuffer
  /// Of one-hot data the classes, for the whole batch.
  let classes: AlignedBuffer
  /// What is known of the batch's examples, one after the other.
  let covariates: AlignedBuffer
  /// The network at one example, where it differs from one to another.
  let binding: Binding?
  /// How many examples the batch holds.
  var batchCount = 0
  /// For each layer whose posterior depends on x alone, its parameters for the batch: rows × batch lanes.
  var posteriors: [[Lanes]]
  /// For one example, contiguous, the parameters of every layer's posterior: of those given latents, as they are at the
  /// anchor (see `NoiseMap`).
  var current: [[AlignedBuffer]]
  var currentPosition = -1
  /// The example whose posteriors given latents are in `current`.
  var anchoredPosition = -1
  /// What the chunk at hand is made by.
  var map = NoiseMap.posterior
  /// The part of log p(x | z) that depends on x alone, for that example.
  var baseMeasure = 0.0
  /// What draws share of the counts of the example at hand, where the likelihood takes them.
  let counts: PreparedCounts?
  /// The first parameter out of its domain in the chunk at hand.
  var invalid: InvalidParameter?
  /// One sum a lane.
  let totals: UnsafeMutablePointer<Double>
  /// One divergence a lane.
  let divergences: UnsafeMutablePointer<Double>
  /// One log-density for each component of a mixture prior and each lane.
  let componentDensities: UnsafeMutablePointer<Double>
  /// One logarithm of a determinant for each step of the layers' flows and each lane.
  private let determinants: UnsafeMutablePointer<Double>
  private let drawLanes: Int
  private let owned: [AlignedBuffer]

  /// `totalLanes`: lanes of sums, where there are more than draws.
  init(_ network: NetworkModel, batchCapacity: Int, drawCapacity: Int, totalLanes: Int = 0) {
    let width = network.plan.covariates.width
    binding = width > 0 && !network.isBound ? Binding(network) : nil
    // A mean that is multiplied by an exposure takes a step more.
    let network = binding?.applied(to: network) ?? network
    covariates = AlignedBuffer(count: width * batchCapacity)
    counts = PreparedCounts(network.decoders[0])
    self.batchCapacity = batchCapacity
    self.drawCapacity = drawCapacity
    let batchLanes = paddedLanes(batchCapacity)
    let drawLanes = paddedLanes(drawCapacity)
    let sumLanes = max(drawLanes, totalLanes)
    encodingLanes = min(batchLanes, network.encodingLanes)
    arena = Arena(
      capacity: max(
        network.encodingRows * encodingLanes, network.drawingRows * drawLanes, network.inverseRows * paddedLanes(1)))
    examples = AlignedBuffer(count: network.inputCount * batchCapacity)
    classes = AlignedBuffer(count: network.plan.isOneHot ? network.decoders[0].size * batchCapacity : 0)
    var owned: [AlignedBuffer] = []
    posteriors = []
    current = []
    for (encoder, isAmortized) in zip(network.encoders, network.isAmortized) {
      let rows = encoder.parameters.indices.map { encoder.rows(ofParameter: $0) }
      current.append(rows.map { AlignedBuffer(count: $0) })
      posteriors.append(
        (isAmortized ? rows : []).map { rows in
          let buffer = AlignedBuffer(count: rows * batchLanes)
          owned.append(buffer)
          return Lanes(data: buffer.pointer, rows: rows, lanes: batchLanes)
        })
    }
    self.owned = owned
    var components = 0
    if case .mixture(let logWeights, _) = network.prior { components = logWeights.count }
    self.drawLanes = sumLanes
    let steps = network.encoders.reduce(0) { $0 + $1.flow.count }
    determinants = .allocate(capacity: max(1, steps * sumLanes))
    determinants.initialize(repeating: 0, count: max(1, steps * sumLanes))
    totals = .allocate(capacity: sumLanes)
    totals.initialize(repeating: 0, count: sumLanes)
    divergences = .allocate(capacity: sumLanes)
    divergences.initialize(repeating: 0, count: sumLanes)
    componentDensities = .allocate(capacity: max(1, components * sumLanes))
    componentDensities.initialize(repeating: 0, count: max(1, components * sumLanes))
  }

  deinit {
    totals.deallocate()
    divergences.deallocate()
    componentDensities.deallocate()
    determinants.deallocate()
  }

  /// Makes room for gradients.
  func prepareGradients(_ network: NetworkModel) {
    if gradientArena.capacity == 0 { gradientArena = Arena(capacity: network.gradientRows * drawLanes) }
  }

  /// Where the determinants of a step of a layer's flow are put.
  func logDeterminants(_ layer: Int, step: Int, _ network: NetworkModel) -> UnsafeMutablePointer<Double> {
    let before = network.encoders[..<layer].reduce(0) { $0 + $1.flow.count }
    return determinants + (before + step) * drawLanes
  }
}

extension NetworkModel {
  /// Rows of arena for encoding a batch.
  var encodingRows: Int {
    inputCount + (zip(encoders, isAmortized).filter(\.1).map(\.0.arenaRows).max() ?? 0)
  }

  /// Rows of arena for one chunk of draws: the latents and their posteriors stay, the rest comes and goes.
  var drawingRows: Int {
    // The latents and the noise.
    var kept = 2 * latentCounts.reduce(0, +)
    var passing = 0
    for (encoder, isAmortized) in zip(encoders, isAmortized) {
      if !isAmortized {
        kept += givenRows(encoder.given) + encoder.ownedRows
        passing = max(passing, encoder.arenaRows - encoder.ownedRows)
      }
      passing = max(passing, encoder.flow.map { $0.arenaRows(encoder.size) }.max() ?? 0)
    }
    for decoder in decoders {
      // A block of parameters, or the noise of a full normal, in doubles.
      let noise = decoder.distribution == .fullNormal ? 2 * decoder.size : decoder.size
      let reduction = max(noise, decoder.parameters.count * decoder.blockRows * decoder.components)
      passing = max(passing, givenRows(decoder.given) + decoder.arenaRows + reduction)
    }
    if case .mixture(_, let components) = prior, components.contains(where: { $0.distribution == .fullNormal }) {
      passing = max(passing, 2 * (latentCounts.last ?? 0))
    }
    return kept + passing
  }

  /// Rows of arena for finding the noise of given latents.
  var inverseRows: Int {
    let passing = zip(encoders, isAmortized).map { encoder, isAmortized in
      (isAmortized ? 0 : givenRows(encoder.given) + encoder.arenaRows) + 2 * encoder.size
        + max(2 * encoder.size, encoder.size + (encoder.flow.map { $0.arenaRows(encoder.size) }.max() ?? 0))
    }
    return noiseCount + (passing.max() ?? 0)
  }

  /// Rows of arena for one computation of gradients: the latents, their gradients, and what the posteriors keep stay.
  var gradientRows: Int {
    var kept = 3 * noiseCount
    var passing = noiseCount
    // Full normals take their noise in doubles as well.
    if case .mixture(let logWeights, _) = prior { passing += logWeights.count + 3 * noiseCount }
    for (encoder, isAmortized) in zip(encoders, isAmortized) {
      kept += encoder.flow.reduce(0) { $0 + $1.keptRows(encoder.size) }
      passing = max(passing, encoder.flow.map { $0.reverseRows(encoder.size) }.max() ?? 0)
      if !isAmortized {
        kept += givenRows(encoder.given) + encoder.keptRows
        passing = max(passing, encoder.gradientRows + encoder.inputRows + encoder.reverseRows)
      }
    }
    for decoder in decoders {
      passing = max(
        passing,
        givenRows(decoder.given) + decoder.keptRows + decoder.gradientRows + 4 * decoder.size + decoder.inputRows
          + decoder.reverseRows)
    }
    return kept + passing
  }

  func givenRows(_ given: [Int]) -> Int {
    given.count == 1 ? 0 : given.reduce(0) { $0 + size(ofVariable: $1) }
  }

  /// Draws in a chunk: as many as keep what is in use inside a core's second-level cache.
  public var preferredDraws: Int {
    let perDraw = decoders + zip(encoders, isAmortized).filter { !$0.1 }.map(\.0)
    return perDraw.map(\.preferredLanes).min() ?? Program.largestChunk
  }

  /// Examples that are encoded at once.
  var encodingLanes: Int {
    zip(encoders, isAmortized).filter(\.1).map(\.0.preferredLanes).min() ?? Program.largestChunk
  }

  /// A worker's memory for batches of up to `examples` examples and chunks of up to `draws` draws.
  public func makeWorkspace(examples: Int, draws: Int? = nil) -> Workspace {
    Workspace(
      self, batchCapacity: examples, drawCapacity: max(1, min(draws ?? preferredDraws, preferredDraws)))
  }
}

extension CompiledConditional {
  /// Outputs of a likelihood's parameter that are computed before they are reduced, so that they stay in cache: as many as
  /// counts are prepared in.
  var blockRows: Int { max(8, Int(CK_COUNT_ROWS) / components / 8 * 8) }

  /// Lanes that are best computed at once.
  var preferredLanes: Int { programs.map(\.preferredLanes).min() ?? Program.largestChunk }
}

extension Program {
  static let largestChunk = 96

  /// Lanes that keep what the widest step reads and writes inside a core's second-level cache. Weights are read again
  /// for every chunk: a fully connected step has many of them for little arithmetic, and wants the larger chunks.
  var preferredLanes: Int {
    steps.reduce(Self.largestChunk) { lanes, step in
      switch step {
      case .dense(let dense): min(lanes, Self.lanes(rows: dense.inputs + dense.outputs, multiple: 48))
      case .convolution(let step): min(lanes, Self.lanes(rows: step.inputRows + step.outputRows, multiple: 16))
      case .residual(let body, let shortcut), .product(let body, let shortcut):
        min(lanes, body.preferredLanes, shortcut.preferredLanes)
      case .concatenate(let branches, _): branches.reduce(lanes) { min($0, $1.program.preferredLanes) }
      case .copy, .gather, .elementwise, .softmax, .logSoftmax, .normalize: lanes
      }
    }
  }

  private static func lanes(rows: Int, multiple: Int) -> Int {
    max(multiple, cacheFloats / max(1, rows) / multiple * multiple)
  }

  /// Half of the cache: the other half is for weights.
  private static let cacheFloats = ck_second_level_cache() / MemoryLayout<Float>.size / 2
}
