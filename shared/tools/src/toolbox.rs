//! One line a tool → its module, its variant, and each method's arm.

/// Makes the closed enum `Tool` of `file::Type` lines. A file holds `Args` (its arguments) and the type,
/// which is `Clone` and has, in this order:
///
/// - `NAME: &str` as the model calls it, `[a-zA-Z0-9_-]{1,64}`;
/// - `DESCRIPTION: &str` for the model: what it is for and when to call it;
/// - `LIMIT: Duration` after which a call has failed;
/// - `REPEAT: Repeat`, whether a call may be made twice;
/// - `offered(&Deps) -> Option<Self>`, nothing when the deployment lacks what it needs;
/// - `status(&Args) -> String`, a line for people while it runs;
/// - `async call(self, Args) -> Result<String, String>`, the answer or what went wrong, both for the model.
macro_rules! toolbox {
    ($($file:ident :: $tool:ident,)+) => {
        $(pub mod $file;)+

        #[derive(Debug, Clone)]
        enum Tool {
            $($tool($file::$tool),)+
        }

        impl Tool {
            /// All there are, offered or not.
            const NAMES: &[&str] = &[$($file::$tool::NAME,)+];

            fn all(deps: &Deps) -> Vec<Self> {
                let all = [$($file::$tool::offered(deps).map(Self::$tool),)+];
                all.into_iter().flatten().collect()
            }

            fn name(&self) -> &'static str {
                match self {
                    $(Self::$tool(_) => $file::$tool::NAME,)+
                }
            }

            fn spec(&self) -> ToolSpec {
                match self {
                    $(Self::$tool(_) => ToolSpec {
                        name: $file::$tool::NAME.to_owned(),
                        description: $file::$tool::DESCRIPTION.to_owned(),
                        input_schema: arguments::schema::<$file::Args>(),
                    },)+
                }
            }

            fn prepare(&self, input: &serde_json::Value) -> Result<Prepared, String> {
                match self {
                    $(Self::$tool(tool) => {
                        let args: $file::Args = arguments::read(input)?;
                        Ok(Prepared {
                            name: $file::$tool::NAME,
                            repeat: $file::$tool::REPEAT,
                            status: $file::$tool::status(&args),
                            limit: $file::$tool::LIMIT,
                            work: Box::pin(tool.clone().call(args)),
                        })
                    })+
                }
            }
        }
    };
}
