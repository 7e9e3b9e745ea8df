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
  onComplete: () => {
    // Swagger UI brings its own main, leaves what stands around it outside any landmark, and skips levels of headings.
    const around = { ".information-container": "About", ".scheme-container": "Credentials", ".models": "Schemas" };
    for (const [found, name] of Object.entries(around)) {
      for (const part of place.querySelectorAll(found)) {
        part.setAttribute("role", "region");
        part.setAttribute("aria-label", name);
      }
    }
    for (const heading of place.querySelectorAll("h3.opblock-tag, .models h4")) heading.setAttribute("aria-level", "2");
  },
});
