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
    var originals: [[Float]] = []
    var reconstructions: [[Float]] = []
    var variances: [Double]?
    var base = latents
    if let data {
      let range = options.examples ?? 0..<data.count
      for index in range.prefix(count) {
        let batch = try data.batch(index..<index + 1, seed: options.seed)
        try model.encode(batch, scratch: &scratch)
        let example = Example(index: index, position: 0, seed: options.seed)
        let draws = 0..<min(Self.draws, scratch.drawCapacity)
        let mean: [Float]
        do {
          mean = try model.meanLatents(position: 0, key: example.key, draws: draws, in: scratch)
        } catch {
          throw model.invalid(error, example)
        }
        if originals.isEmpty { base = mean }
        originals.append(batch.values)
        reconstructions.append(try means(mean, example))
      }
      var measuring = options
      measuring.examples = range.prefix(Self.measured)
      variances = try measuring.run(ActiveUnits(), under: model, on: data).layers.first?.variances
    }
    self.originals = originals
    self.reconstructions = reconstructions
    if model.covariates.width > 0 {
      try model.encode(data.batchInTurn((options.examples ?? 0..<1).lowerBound, for: "a picture"), scratch: &scratch)
    }
    let own = Array(0..<(model.latentCounts.first ?? 0))
    let order = variances.map { variances in own.sorted { (variances[$0], $1) > (variances[$1], $0) } } ?? own
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
