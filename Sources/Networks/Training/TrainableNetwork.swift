import CKernels
public import Models

/// A compiled network whose weights change: a vector of all numbers that are trained, what Adam keeps for each, and the
/// packed weights that the vector is handed to after each step.
///
/// Owned by one training run. Workers write gradients into parts of their own and update pieces of their own, never both at
/// once: that is what makes it Sendable.
public final class TrainableNetwork: @unchecked Sendable {
  /// The network at its present weights.
  public let network: NetworkModel
  /// Which networks are trained.
  public let trained: TrainedNetworks
  /// What a model that is trained was made from.
  private let description: ModelDescription
  let regions: [WeightRegion]
  /// Where each layer's gradient is added up, by path.
  let places: [String: Int]
  /// Floats of the vector.
  public let count: Int
  /// Floats of one part of the gradient.
  let gradientCount: Int
  private let vector: AlignedBuffer
  private let moments: [AlignedBuffer]
  /// The pieces that an update consists of.
  private let pieces: [(region: Int, piece: Int)]

  var k: ck_kernels { network.k }

  /// Compiles a model and finds what of it is trained.
  ///
  /// - Throws: `InvalidModel` where the model can't be evaluated, or where something that is to be trained has no gradient:
  ///   every such thing by its path.
  public init(
    _ description: ModelDescription, training trained: TrainedNetworks = TrainedNetworks(),
    instructionSet: InstructionSet = .best
  ) throws(InvalidModel) {
    let network = try NetworkModel(description, instructionSet: instructionSet)
    var regions = try network.regions(training: trained)
    var offset = 0
    for index in regions.indices {
      regions[index].offset = offset
      offset += regions[index].count
    }
    count = offset
    for index in regions.indices {
      regions[index].gradientOffset = offset
      offset += regions[index].gradientCount
    }
    gradientCount = paddedLanes(offset)
    places = Dictionary(regions.map { ($0.path, $0.place) }, uniquingKeysWith: { first, _ in first })
    pieces = regions.indices.flatMap { index in (0..<regions[index].pieces).map { (index, $0) } }
    vector = AlignedBuffer(count: count)
    moments = [AlignedBuffer(count: count), AlignedBuffer(count: count)]
    self.regions = regions
    self.network = network
    self.trained = trained
    self.description = description
    for region in regions { region.load(into: vector.pointer) }
    repack()
  }

  /// Numbers that are trained.
  public var parameterCount: Int { regions.reduce(0) { $0 + $1.tensors.elementCount } }

  /// The model with the weights as they are.
  public var currentDescription: ModelDescription {
    description.replacing(
      Dictionary(
        regions.flatMap { region in region.values(in: vector.pointer).map { ($0.path, $0.values) } },
        uniquingKeysWith: { first, _ in first }))
  }

  /// The vector and both of Adam's moments, one after the other: what a checkpoint holds.
  public var state: [Float] {
    get { ([vector] + moments).flatMap { Array(UnsafeBufferPointer(start: $0.pointer, count: count)) } }
    set {
      precondition(newValue.count == 3 * count, "the state of another network")
      for (index, buffer) in ([vector] + moments).enumerated() {
        newValue.withUnsafeBufferPointer { values in
          guard let start = values.baseAddress else { return }
          buffer.pointer.update(from: start + index * count, count: count)
        }
      }
      repack()
    }
  }

  /// A number that depends on every bit of the weights (FNV-1a).
  public var checksum: UInt64 {
    UnsafeBufferPointer(start: vector.pointer, count: count).reduce(14_695_981_039_346_656_037) {
      ($0 ^ UInt64($1.bitPattern)) &* 1_099_511_628_211
    }
  }

  /// Whether every weight is a number.
  public var isFinite: Bool { UnsafeBufferPointer(start: vector.pointer, count: count).allSatisfy(\.isFinite) }

  private func repack() {
    for region in regions {
      for piece in 0..<region.pieces { region.pack(piece: piece, vector.pointer, k) }
    }
  }

  /// Room for the gradients of a step, in `parts` parts.
  public func makeGradients(parts: Int) -> WeightGradients { WeightGradients(parts: parts, step: gradientCount) }

  /// The pieces that an update consists of; they may be updated in any order, and at once.
  public var updatePieces: Int { pieces.count }

  /// Makes a step of Adam with one piece of the vector, by the sum of the gradients' parts, and packs the weights.
  public func update(piece: Int, _ adam: AdamStep, gradients: WeightGradients) {
    let (index, piece) = pieces[piece]
    let range = regions[index].range(ofPiece: piece)
    let first = range.lowerBound
    k.adam(
      range.count, gradients.parts, gradients.step, gradients.buffer.pointer + first, adam.kernel,
      vector.pointer + first,
      moments[0].pointer + first, moments[1].pointer + first)
    regions[index].pack(piece: piece, vector.pointer, k)
  }

  /// The sum of the gradients' parts, by the paths of the tensors.
  public func values(of gradients: WeightGradients) -> [String: [Float]] {
    let sum = AlignedBuffer(count: count)
    for part in 0..<gradients.parts { k.add(count, gradients.buffer.pointer + part * gradients.step, sum.pointer) }
    return Dictionary(
      regions.flatMap { region in region.values(in: sum.pointer).map { ($0.path, $0.values) } },
      uniquingKeysWith: { first, _ in first })
  }
}

/// Gradients of all weights, added up in parts: each by one worker at a time, the same examples in the same part whatever
/// the number of workers is.
public final class WeightGradients: @unchecked Sendable {
  /// How many parts.
  public let parts: Int
  let step: Int
  let buffer: AlignedBuffer

  init(parts: Int, step: Int) {
    self.parts = parts
    self.step = step
    buffer = AlignedBuffer(count: parts * step)
  }

  /// Makes a part zero to which no examples come.
  public func clear(part: Int) { (buffer.pointer + part * step).update(repeating: 0, count: step) }
}

/// The numbers of one step of Adam (Kingma, Ba 2015).
public struct AdamStep: Sendable, Equatable {
  /// Steps made before, and this one.
  public var number: Int
  /// How far a step goes.
  public var rate: Double
  /// Decay of the first moment.
  public var firstDecay = 0.9
  /// Decay of the second moment.
  public var secondDecay = 0.999
  /// Added to the root of the second moment.
  public var epsilon = 1e-8

  /// A step, numbered from 1.
  public init(number: Int, rate: Double, epsilon: Double = 1e-8) {
    self.number = number
    self.rate = rate
    self.epsilon = epsilon
  }

  fileprivate var kernel: ck_adam {
    ck_adam(
      first_decay: Float(firstDecay), second_decay: Float(secondDecay),
      rate: Float(rate / (1 - firstDecay.power(number))),
      second_scale: Float(1 / (1 - secondDecay.power(number)).squareRoot()), epsilon: Float(epsilon))
  }
}

extension Double {
  /// The product of `count` factors, by squaring.
  fileprivate func power(_ count: Int) -> Double {
    var (result, square, left) = (1.0, self, count)
    while left > 0 {
      if left % 2 == 1 { result *= square }
      square *= square
      left /= 2
    }
    return result
  }
}
