import CGSL

/// GSL's default error handler ends the process. It is turned off before the first call, once; from then on every status is
/// checked.
enum GSLErrors {
  private static let isHandlerOff: Bool = {
    gsl_set_error_handler_off()
    return true
  }()

  static func silence() { _ = isHandlerOff }

  static func check(_ status: CInt) throws(LinearAlgebraError) {
    guard status != 0 else { return }
    throw LinearAlgebraError(.solver, "GSL: " + String(cString: gsl_strerror(status)))
  }
}
