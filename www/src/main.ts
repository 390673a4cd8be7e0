// Where the app starts.

import "./shell/app";
