import CKernels
import Models

/// Log-densities of p with their gradients by the variables and by the parameters, on the lanes of a chunk.
struct DensityGradients {
  let network: NetworkModel
  let workspace: Workspace
  let lanes: Int

  private var k: ck_kernels { network.k }

  /// Adds the log-density of the top layer's free latents under a component of the prior, and writes its gradient.
  func addComponent(
    _ component: CompiledPrior.Component, _ z: Lanes, slopes: Lanes, _ parameters: [Lanes?] = [nil, nil],
    into totals: UnsafeMutablePointer<Double>
  ) {
    let top = network.latentCounts.count - 1
    add(
      z.operand(CK_DIRECT), layer: top, component.distribution,
      [component.meanOperand, component.scaleOperand], slopes: slopes, parameters, path: "/prior", into: totals)
  }

  /// Adds the log-density of the top layer's latents under a mixture, and adds its gradient to `gradient`: that of the
  /// components by their shares.
  func addMixture(
    _ logWeights: [Double], _ components: [CompiledPrior.Component], _ z: Lanes, addingTo gradient: Lanes,
    into totals: UnsafeMutablePointer<Double>
  ) {
    let mark = workspace.gradientArena.used
    let densities = workspace.componentDensities
    densities.update(repeating: 0, count: components.count * lanes)
    let shares = workspace.gradientArena.take(rows: components.count, lanes: lanes)
    let own = workspace.gradientArena.take(rows: z.rows, lanes: lanes)
    for pass in 0..<2 {
      for (index, component) in components.enumerated() {
        addComponent(component, z, slopes: own, into: densities + index * lanes)
        if pass == 0 { continue }
        k.add_weighted(z.rows, lanes, shares.data + index * lanes, own.data, gradient.data)
      }
      if pass == 1 { break }
      k.log_mixture(components.count, lanes, logWeights, densities, 1, totals)
      k.mixture_shares(components.count, lanes, logWeights, densities, shares.data)
    }
    workspace.gradientArena.release(to: mark)
  }

  /// Adds the log-density of a layer's free latents, and writes its gradients by them and by the parameters.
  func add(
    _ z: ck_operand, layer: Int, _ distribution: Distribution, _ operands: [ck_operand], slopes: Lanes,
    _ parameters: [Lanes?], path: String, into totals: UnsafeMutablePointer<Double>
  ) {
    if distribution == .fullNormal {
      return addFullNormal(
        z, rows: slopes.rows, operands, slopes: slopes, parameters, path: path, into: totals)
    }
    if network.held != nil {
      slopes.clear()
      for parameter in parameters { parameter?.clear() }
    }
    for run in network.freeRuns[layer] {
      var arguments = ck_density_arguments(
        distribution == .laplace ? CK_LAPLACE : CK_NORMAL, x: z.dropping(rows: run.lowerBound),
        operands[0].dropping(rows: run.lowerBound), operands[1].dropping(rows: run.lowerBound))
      let invalid = k.log_density(run.count, lanes, &arguments, 1, totals)
      workspace.report(invalid, path: path, parameter: "scale")
      k.logDensityGradient(run, lanes: lanes, &arguments, x: slopes, parameters)
    }
  }

  /// See `NetworkModel.addFullNormalDensity`.
  func addFullNormal(
    _ x: ck_operand, rows: Int, _ operands: [ck_operand], slopes: Lanes, _ parameters: [Lanes?], path: String,
    into totals: UnsafeMutablePointer<Double>
  ) {
    let mark = workspace.gradientArena.used
    let exact = workspace.gradientArena.takeDoubles(rows: rows, lanes: lanes)
    let noise = workspace.gradientArena.take(rows: rows, lanes: lanes)
    let invalid = k.triangular_solve(rows, lanes, x, operands[0], operands[1], exact)
    workspace.report(invalid, path: path, parameter: "scale")
    ck_standard_normal(rows, lanes, exact, totals)
    ck_round(rows * lanes, exact, noise.data)
    k.log_scale(rows, lanes, operands[1].diagonal(rows), -1, totals)
    k.full_normal_gradient(rows, lanes, operands[1], noise.data, slopes.data, parameters[1]?.data)
    if let mean = parameters[0] { ck_negate(rows * lanes, slopes.data, mean.data) }
    workspace.gradientArena.release(to: mark)
  }

  /// Adds log p(x | z₁, …) of independent elements, and writes its gradients by the parameters. A parameter whose last step is
  /// fully connected is computed a block at a time, as without gradients.
  func addLikelihood(
    _ decoder: CompiledConditional, _ x: ck_operand, _ input: Lanes, kept: UnsafeMutablePointer<Float>,
    _ parameters: [Lanes?], into totals: UnsafeMutablePointer<Double>
  ) {
    let hidden = decoder.trunk.runKeeping(input, kept: kept, k)
    var place = kept + decoder.trunk.keptRows * lanes
    let sources = decoder.parameters.map { parameter -> NetworkModel.BlockSource in
      switch parameter {
      case .constant(let buffer, let rowStep, let form):
        return .operand(ck_operand(data: buffer.pointer, row_step: rowStep, lane_step: 0, form: form))
      case .program(let program, let form):
        defer { place += program.keptRows * lanes }
        guard case .dense(let last)? = program.steps.last, last.positions == 1, last.epilogue.isEmpty else {
          return .operand(program.runKeeping(hidden, kept: place, k).operand(form))
        }
        let previous = program.runKeeping(hidden, kept: place, end: program.steps.count - 1, k)
        // Nothing of the last step's output is needed in reverse: its place holds a block at a time.
        let block = Lanes(
          data: place + program.keptStarts[program.steps.count - 1] * lanes, rows: last.outputs, lanes: lanes)
        return .dense(last, input: previous, block: block, form: form)
      }
    }
    let count = decoder.size
    var arguments = ck_density_arguments(decoder, x: x)
    // In training every lane has an example of its own.
    let counts = x.lane_step == 0 ? workspace.counts?.rows : nil
    var invalid = 0
    for first in stride(from: 0, to: count, by: decoder.blockRows) {
      let rows = first..<min(first + decoder.blockRows, count)
      arguments.move(to: first, x: x, counts: counts)
      for (slot, source) in sources.enumerated() {
        arguments.set(slot, source.operand(rows: rows, components: decoder.components, lanes: lanes, k))
      }
      invalid += k.log_density(rows.count, lanes, &arguments, 1, totals)
      k.logDensityGradient(rows, lanes: lanes, &arguments, x: nil, parameters, components: decoder.components)
    }
    network.report(invalid, in: workspace)
  }
}

extension ck_kernels {
  /// Writes the gradients in `rows` of the matrices.
  func logDensityGradient(
    _ rows: Range<Int>, lanes: Int, _ arguments: inout ck_density_arguments, x: Lanes?, _ parameters: [Lanes?],
    components: Int = 1
  ) {
    let first = rows.lowerBound * lanes
    let parameter = { (slot: Int) in
      slot < parameters.count ? parameters[slot].map { $0.data + components * first } : nil
    }
    withUnsafeTemporaryAllocation(of: UnsafeMutablePointer<Float>?.self, capacity: 4) { places in
      places[0] = x.map { $0.data + first }
      for slot in 0..<3 { places[slot + 1] = parameter(slot) }
      log_density_gradient(rows.count, lanes, &arguments, places.baseAddress)
    }
  }
}
