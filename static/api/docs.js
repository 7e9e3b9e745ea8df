/* Shows the OpenAPI document; everything it needs is served by the registry itself. */
"use strict";
const place = document.getElementById("swagger-ui");
window.SwaggerUIBundle({
  url: place.dataset.schema,
  domNode: place,
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  supportedSubmitMethods: ["get"],
  validatorUrl: null,
});
