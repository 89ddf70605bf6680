/// What training makes large, of k draws from the posterior of each example.
public enum TrainingObjective: Sendable, Equatable {
  /// The evidence lower bound, a mean over the draws (Kingma, Welling 2014), with divergences in closed form where they have
  /// one.
  case evidenceLowerBound
  /// L_k = log mean exp of the log-weights (Burda, Grosse, Salakhutdinov 2016, equation 14).
  case importanceWeighted(Gradient)
  /// log q(z | x) at draws by their self-normalised weights, of the encoder alone (Bornschein, Bengio 2015); what is reported
  /// is L_k.
  case wake

  /// How the encoder's gradient of L_k is estimated.
  public enum Gradient: String, Sendable, CaseIterable {
    /// By the reparameterisation of the draws.
    case standard
    /// Reparameterised twice, so that its noise doesn't drown it as k grows (Tucker et al. 2019).
    case doublyReparameterized = "dreg"
  }

  /// Whether divergences are taken in closed form.
  var terms: NetworkModel.Terms { self == .evidenceLowerBound ? .closedForm : .sampled }
}

/// Which networks are trained; the others keep their numbers.
public struct TrainedNetworks: Sendable, Equatable {
  /// The recognition network q(z | x).
  public var encoder: Bool
  /// The generative network p(x | z) and the prior.
  public var decoder: Bool

  /// Both, unless said otherwise.
  public init(encoder: Bool = true, decoder: Bool = true) {
    self.encoder = encoder
    self.decoder = decoder
  }
}
