/// What an estimator asks a model for beyond sampled log-weights. A model that doesn't offer it is refused by name.
extension LatentVariableModel {
  /// This model, if the posteriors of its units can be read.
  ///
  /// - Throws: `EvidenceError` (`unsupported`) naming what is missing and what `purpose` needs it for.
  public func requirePosteriors(for purpose: String) throws -> any PosteriorModel<Scratch> {
    guard let model = self as? any PosteriorModel<Scratch> else {
      throw missing("posteriors of its units", "PosteriorModel", purpose)
    }
    return model
  }

  /// This model, if it gives log-weights and their gradients at given noise.
  ///
  /// - Throws: `EvidenceError` (`unsupported`) naming what is missing and what `purpose` needs it for.
  public func requireGradients(for purpose: String) throws -> any DifferentiableModel<Scratch> {
    guard let model = self as? any DifferentiableModel<Scratch> else {
      throw missing("gradients of its log-weights", "DifferentiableModel", purpose)
    }
    return model
  }

  /// This model, if examples can be drawn from it.
  ///
  /// - Throws: `EvidenceError` (`unsupported`) naming what is missing and what `purpose` needs it for.
  public func requireSimulation(for purpose: String) throws -> any SimulatingModel<Scratch> {
    guard let model = self as? any SimulatingModel<Scratch> else {
      throw missing("simulation of examples", "SimulatingModel", purpose)
    }
    return model
  }

  private func missing(_ offer: String, _ conformance: String, _ purpose: String) -> EvidenceError {
    EvidenceError(
      .unsupported, "\(purpose) needs a model that offers \(offer); \(Self.self) does not conform to \(conformance)")
  }
}
