/// What a model makes of its latents: examples drawn from it, reconstructions, and what single units do. Each picture is the mean of
/// p(x | z), element by element.
public struct ModelPictures: Sendable {
  /// What one unit of z₁ does.
  public struct Traversal: Sendable {
    /// The unit, from 0.
    public let unit: Int
    /// Its activity A_u over the data; nil without data.
    public let variance: Double?
    /// The means as the unit goes through `steps`, all others staying.
    public let means: [[Float]]
  }

  /// Examples drawn from the model: z ~ p(z).
  public let samples: [[Float]]
  /// Examples of the data, as the model takes them.
  public let originals: [[Float]]
  /// Of each, the mean at the mean of its posterior's draws.
  public let reconstructions: [[Float]]
  /// The most active units first.
  public let traversals: [Traversal]

  /// What a unit is set to in a traversal, in turn.
  public static let steps: [Float] = (0..<9).map { -3 + 0.75 * Float($0) }
  /// Draws that a posterior's mean is taken over.
  static let draws = 16
  /// Examples that activity is measured on.
  private static let measured = 500

  /// Computes the pictures.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - data: Data for reconstructions and for the choice of units; without, units are taken in order around a draw of z.
  ///   - count: Samples, and reconstructions.
  ///   - units: Units that are traversed.
  ///   - options: The seed, the examples and the threads.
  /// - Throws: `EvidenceError` where a network gives a parameter out of its domain; what reading the data throws.
  public init(
    of model: NetworkModel, on data: Dataset?, count: Int = 64, units: Int = 8, options: Evaluation = Evaluation()
  ) throws {
    var scratch = model.makeScratch(examples: 1)
    func means(_ latents: [Float], _ example: Example) throws -> [Float] {
      do {
        return try model.means(of: latents, in: scratch)
      } catch {
        throw model.invalid(error, example)
      }
    }
    var latents = [Float](repeating: 0, count: model.noiseCount)
    var x = [Float](repeating: 0, count: model.inputCount)
    samples = try (0..<count).map { number in
      let key = Example(index: number, position: 0, seed: options.seed)
      if model.covariates.width > 0 {
        try model.encode(data.batchInTurn(number, for: "a picture"), scratch: &scratch)
      }
      try latents.withUnsafeMutableBufferPointer { latents in
        try x.withUnsafeMutableBufferPointer { x in
          guard let z = latents.baseAddress, let x = x.baseAddress else { return }
          try model.simulate(key, scratch: &scratch, example: x, latents: z)
        }
      }
      return try means(latents, key)
    }
    var made: [Reconstruction] = []
    var variances: [Double]?
    if let data {
      let range = options.examples ?? 0..<data.count
      made = try range.prefix(count).map {
        try Reconstruction($0, under: model, on: data, seed: options.seed, scratch: &scratch)
      }
      var measuring = options
      measuring.examples = range.prefix(Self.measured)
      variances = try measuring.run(ActiveUnits(), under: model, on: data).layers.first?.variances
    }
    originals = made.map(\.original)
    reconstructions = made.map(\.means)
    let base = made.first?.latents ?? latents
    if model.covariates.width > 0 {
      try model.encode(data.batchInTurn((options.examples ?? 0..<1).lowerBound, for: "a picture"), scratch: &scratch)
    }
    let inOrder = Array(0..<(model.latentCounts.first ?? 0))
    let order = variances.map { variances in inOrder.sorted { (variances[$0], $1) > (variances[$1], $0) } } ?? inOrder
    traversals = try order.prefix(units).map { unit in
      Traversal(
        unit: unit, variance: variances?[unit],
        means: try Self.steps.map { value in
          var moved = base
          moved[unit] = value
          return try means(moved, Example(index: 0, position: 0, seed: options.seed))
        })
    }
  }
}
