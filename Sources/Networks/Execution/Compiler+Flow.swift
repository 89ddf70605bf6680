import CKernels
import Models

extension Compiler {
  func compile(_ step: FlowStepPlan) -> CompiledFlowStep {
    switch step {
    case .planar(let u, let w, let b):
      .planar(u: u.values.map(Double.init), w: w.values.map(Double.init), b: Double(b))
    case .affine(let kept, let changed, let shift, let logScale):
      .affine(kept: kept, changed: changed.map(Int32.init), shift: compile(shift), logScale: compile(logScale))
    }
  }
}
