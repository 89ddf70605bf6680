/// Examples drawn from a model itself, with the latents that each was made with: data whose posterior is known by one exact
/// draw.
struct SimulatedExamples: Sendable {
  /// How many.
  let count: Int
  /// Examples one after the other, as the model takes them.
  let values: [Float]
  /// Latents of all layers concatenated, z₁'s first, example after example.
  let latents: [Float]
  /// What each was drawn given.
  private let covariates: ExampleCovariates?
  private let latentCount: Int
  private let seed: UInt64
  private let number: @Sendable (Int) -> Int

  /// Draws examples: pure functions of the seed and of the numbers that `number` gives them. A model that is given covariates
  /// is given those of the examples of `known` in turn.
  ///
  /// - Throws: `EvidenceError` (`unsupported`) where the model can't be simulated from, and what the model throws.
  init<Model: LatentVariableModel>(
    from model: Model, count: Int, seed: UInt64, given known: Dataset?, for purpose: String,
    number: @escaping @Sendable (Int) -> Int
  ) throws {
    let simulating = try model.requireSimulation(for: purpose)
    self.count = count
    self.seed = seed
    self.number = number
    let size = model.inputCount
    let latentCount = model.latentCounts.reduce(0, +)
    self.latentCount = latentCount
    var scratch = model.makeScratch(examples: 1)
    let layout = model.covariates
    var given: [Float] = []
    var values = Array(repeating: Float(0), count: count * size)
    var latents = Array(repeating: Float(0), count: count * latentCount)
    try values.withUnsafeMutableBufferPointer { values in
      try latents.withUnsafeMutableBufferPointer { latents in
        guard let x = values.baseAddress, let z = latents.baseAddress else { return }
        for index in 0..<count {
          if layout.width > 0 {
            let batch = try known.batchInTurn(index, for: purpose)
            given += batch.covariates
            try model.encode(batch, scratch: &scratch)
          }
          try simulating.simulate(
            Example(index: number(index), position: 0, seed: seed), scratch: &scratch, example: x + index * size,
            latents: z + index * latentCount)
        }
      }
    }
    covariates = layout.width > 0 ? ExampleCovariates(layout, values: given) : nil
    self.values = values
    self.latents = latents
  }

  /// The examples as a dataset.
  var dataset: Dataset { Dataset(values, count: count, covariates: covariates) }

  /// An example of the dataset under the number that its random numbers belong to.
  func example(_ example: Example) -> Example {
    Example(index: number(example.index), position: example.position, seed: seed)
  }

  /// The latents that an example was made with.
  func latents(of index: Int) -> ArraySlice<Float> { latents[index * latentCount..<(index + 1) * latentCount] }
}

extension Dataset? {
  /// One of the examples, beginning anew after the last, for its covariates.
  ///
  /// - Throws: `EvidenceError` (`invalidSetting`) where there are no data.
  func batchInTurn(_ index: Int, for purpose: String) throws -> ExampleBatch {
    guard let self, self.count > 0 else {
      throw EvidenceError(
        .invalidSetting, "\(purpose) of a model that is given covariates takes them from data: give the data too")
    }
    let place = index % self.count
    return try self.batch(place..<place + 1)
  }
}
