import HDF5
import Models

extension ModelReader {
  /// Which of a model's conditionals one is.
  enum Role {
    /// q(z_l | …).
    case posterior(Int, of: Int)
    /// p(z_{l−1} | …).
    case generative(Int, of: Int)

    var isPosterior: Bool {
      if case .posterior = self { return true }
      return false
    }

    /// Whether the variable is a latent one rather than x.
    var isLatent: Bool {
      switch self {
      case .posterior: true
      case .generative(let layer, _): layer > 1
      }
    }

    var defaultGiven: [Int] {
      switch self {
      case .posterior(let layer, _): [layer - 1]
      case .generative(let layer, _): [layer]
      }
    }

    /// The variables that it may be given.
    func admits(_ variable: Int) -> Bool {
      switch self {
      case .posterior(let layer, let top): variable != layer && (0...max(0, top)).contains(variable)
      case .generative(let layer, let top): variable >= layer && variable <= top
      }
    }

    var admitted: String {
      switch self {
      case .posterior(let layer, let top): "numbers in 0 … \(top) other than \(layer)"
      case .generative(let layer, let top): "numbers in \(layer) … \(top)"
      }
    }
  }

  func conditional(_ node: Node, _ role: Role) -> Conditional? {
    let before = log.problems.count
    let given = given(node, role)
    guard let distribution = node.requiredWord("distribution", Words.distributions) else { return nil }
    if role.isLatent, !distribution.isLatent {
      node.report(
        "distribution \"\(distribution.rawValue)\" can't be that of a latent variable; "
          + "expected normal, full-normal or laplace")
    }
    let names = distribution.parameters.flatMap { $0.map(\.rawValue) }
    if !role.isPosterior, node.has("flow") {
      log.report(node.path(of: "flow"), "a flow belongs to an encoder")
    }
    let meant = node.allow(
      only: names + ["trunk", "flow"], in: "a conditional with distribution \"\(distribution.rawValue)\"")
    let trunk = node.optional("trunk").map { stack($0, depth: 0) }
    var parameters: [ParameterName: Parameter] = [:]
    for row in distribution.parameters {
      let present = row.filter { node.has($0.rawValue) }
      if present.count > 1 {
        node.report("has \(Wording.allOf(present.map(\.rawValue))); expected exactly one of them")
      } else if let name = present.first {
        parameters[name] = parameter(node, name, distribution)
      } else if meant.isDisjoint(with: row.map(\.rawValue)) {
        node.report("\(Wording.oneOf(row.map(\.rawValue))) is missing")
      }
    }
    var conditional = Conditional(distribution, given: given, trunk: trunk, parameters: parameters)
    if distribution == .discretizedLogistic || distribution == .logisticMixture {
      if let bins = node.integers("bins", count: 1, least: 2)?.first { conditional.bins = bins }
    }
    conditional.covariates = covariateNames(node)
    if !role.isPosterior {
      conditional.exposure = exposure(node)
      conditional.epsilon = node.double("epsilon") ?? 0
    }
    if role.isPosterior, let flow = node.optional("flow") {
      conditional.flow = flow.numbered(from: 0, "steps").compactMap(step)
    }
    return log.problems.count == before ? conditional : nil
  }

  private func given(_ node: Node, _ role: Role) -> [Int] {
    guard let given = node.integers("given") else { return role.defaultGiven }
    if given.isEmpty || Set(given).count != given.count || !given.allSatisfy(role.admits) {
      node.report("attribute given is \(Wording.shape(given)); expected different \(role.admitted)")
    }
    return given
  }

  /// A stack, or a constant.
  private func parameter(_ node: Node, _ name: ParameterName, _ distribution: Distribution) -> Parameter? {
    let key = name.rawValue
    if node.isGroup(key) { return node.optional(key).map { .stack(stack($0, depth: 0)) } }
    guard let constant = node.constant(key) else { return nil }
    if let range = name.range { node.expect(key, constant, range.words, range.isAllowed) }
    if name == .mean, distribution == .negativeBinomial || distribution == .zeroInflatedNegativeBinomial {
      node.expect(key, constant, "more than 0") { $0 > 0 }
    }
    return .constant(constant)
  }

  private func step(_ node: Node) -> FlowStep? {
    guard let kind = node.requiredWord("flow", Words.flows) else { return nil }
    let what = "a step of flow \"\(kind.rawValue)\""
    switch kind {
    case .planar:
      node.allow(only: ["u", "w", "b"], in: what)
      let u = node.requiredTensor("u", rank: 1)
      let w = node.requiredTensor("w", rank: 1)
      let b = node.requiredTensor("b")
      if let u { node.expect("w", w, shape: u.shape, because: "as u has") }
      if let b, b.count != 1 {
        log.report(node.path(of: "b"), "has the shape \(Wording.shape(b.shape)); expected a scalar")
      }
      guard let u, let w, let b = b?.values.first else { return nil }
      return .planar(u: u, w: w, b: b)
    case .affineCoupling:
      node.allow(only: ["mask", "shift", "log_scale"], in: what)
      let mask = node.requiredTensor("mask", rank: 1)
      node.expect("mask", mask, "0 or 1") { $0 == 0 || $0 == 1 }
      guard let stacks = transform(node), let mask else { return nil }
      return .affineCoupling(mask: mask, shift: stacks.shift, logScale: stacks.logScale)
    case .inverseAutoregressive:
      node.allow(only: ["shift", "log_scale"], in: what)
      guard let stacks = transform(node) else { return nil }
      return .inverseAutoregressive(shift: stacks.shift, logScale: stacks.logScale)
    }
  }

  private func transform(_ node: Node) -> (shift: Stack, logScale: Stack)? {
    let shift = node.required("shift").map { stack($0, depth: 0) }
    let logScale = node.required("log_scale").map { stack($0, depth: 0) }
    guard let shift, let logScale else { return nil }
    return (shift, logScale)
  }
}
